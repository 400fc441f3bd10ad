"""Domain values as JSON, in the form in which they are stored."""
