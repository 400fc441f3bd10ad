"""Finding persons by name and birth date."""
