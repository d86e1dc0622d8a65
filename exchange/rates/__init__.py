"""How often departments' systems may ask: token buckets per client, department and licence type, for all workers."""
