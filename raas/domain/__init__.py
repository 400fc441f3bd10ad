"""The rules: pure values and functions, without input or output."""
