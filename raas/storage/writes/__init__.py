"""The write transaction of a register: lock, load, save, commit."""
