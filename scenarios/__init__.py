"""Journeys across items: where does the chain run without paper, and where does it break?"""
