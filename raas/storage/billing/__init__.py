"""The counts of billable usage on PostgreSQL."""
