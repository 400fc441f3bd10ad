"""Set-up of the command line: contexts, checks, manual pages."""
