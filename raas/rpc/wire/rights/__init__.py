"""Mandates, roles, authorisations, admissions, legal contexts and blocks in requests and answers."""
