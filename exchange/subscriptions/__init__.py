"""Subscriptions: signed messages to departments' systems when a licence on which they rely changes its state."""
