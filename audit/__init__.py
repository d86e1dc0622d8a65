"""The record: every access, refusals included, in one append-only table that names its subjects by string."""
