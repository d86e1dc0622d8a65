"""An adapter for calls in the style of GB/T 36906: its operations, its envelope, and the codes of single vendors.

What vendors name differently stands in tables (`styles/*.toml`, `metadata.csv`), never in the core: every operation
calls the acts that the API calls.
"""
