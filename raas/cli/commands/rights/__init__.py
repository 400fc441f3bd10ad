"""Commands on rights: who may do what, and with which credential."""
