"""Days, periods and incomplete dates."""
