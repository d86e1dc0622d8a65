"""What a holder allows: authorisations (授权) and mandates (委托), the codes shown at a counter, and each use."""
