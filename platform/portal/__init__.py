"""The web pages, and the commands that show the whole platform at work."""
