"""The ports of the audit: its chains, its search, its proof, and the journal outside the database."""
