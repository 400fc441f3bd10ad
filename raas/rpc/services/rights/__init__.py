"""The servicers of the rights of organisations."""
