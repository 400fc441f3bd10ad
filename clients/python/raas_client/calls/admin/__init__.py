"""The calls of AdministrationService."""
