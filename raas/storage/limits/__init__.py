"""What callers have used of their limits, over all processes."""
