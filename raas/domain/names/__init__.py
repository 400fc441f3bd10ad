"""Names and how they are compared: spelling, sound and similarity."""
