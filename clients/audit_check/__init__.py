"""Checks the record from outside: log, receipts and archives, with no code of the side that writes them."""
