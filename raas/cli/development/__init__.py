"""Commands for development: certificates and tokens of one's own."""
