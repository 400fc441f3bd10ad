"""Rights: mandates on registers and roles of organisations, as values and rules."""
