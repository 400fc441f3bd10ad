"""Audit records in requests and answers, and requests as the audit keeps them."""
