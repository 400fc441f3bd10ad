"""Keeping the records of the audit in the chain of this process."""
