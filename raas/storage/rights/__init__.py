"""Rights on PostgreSQL, and the reader that follows their changes."""
