"""The catalogue's read API: open to all, since catalogue material is public."""
