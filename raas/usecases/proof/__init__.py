"""The proof of the audit: checkpoints of the log, its export, and proofs of single records."""
