"""The place of a reader in the change feed, and where it is kept."""
