"""The exchange API: the only rooms that know the REST framework."""
