"""What departments' systems get beyond a verification: searches, credentials, use-bound copies, download addresses."""
