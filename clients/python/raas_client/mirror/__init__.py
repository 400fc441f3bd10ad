"""A local copy of a register that keeps itself up to date."""
