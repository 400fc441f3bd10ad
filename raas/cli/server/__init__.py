"""How a command reaches a running server, and what it says when a call fails."""
