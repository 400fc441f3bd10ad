"""The audit on PostgreSQL: its records, the chains of processes, and the log over all chains."""
