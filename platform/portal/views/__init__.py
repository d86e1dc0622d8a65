"""Pages, by the people who use them."""
