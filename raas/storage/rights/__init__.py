"""Rights on PostgreSQL: mandates and role grants."""
