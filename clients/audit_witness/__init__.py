"""Watches a log from outside and cosigns what it saw: that the log only grew (C2SP tlog-witness, tlog-cosignature)."""
