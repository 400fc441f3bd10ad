"""The use that callers made of their limits, over all processes."""
