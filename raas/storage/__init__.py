"""The memory: PostgreSQL, the only room with SQL."""
