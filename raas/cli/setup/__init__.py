"""How the command line itself is set up: contexts, checks, manual pages."""
