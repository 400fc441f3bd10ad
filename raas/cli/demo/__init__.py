"""The demonstration of `make run`: a register and its persons."""
