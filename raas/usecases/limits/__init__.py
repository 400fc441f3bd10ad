"""Limits and budgets of callers: how much one of them may ask of all processes together."""
