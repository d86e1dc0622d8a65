"""Corrections (更正): wrong fields of licences reported, checked, and mended by a new version."""
