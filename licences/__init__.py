"""One licence's life: numbering, signing, issuing, status, verification."""
