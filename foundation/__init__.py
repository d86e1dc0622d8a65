"""Pure and small, below all: clock, identifiers, keys, reason codes, problem answers, request context."""
