"""What callers use: limits, budgets, and counts for charging."""
