"""The usage of callers: limits, budgets, and counts for charging."""
