"""Registers, dossiers and mutations."""
