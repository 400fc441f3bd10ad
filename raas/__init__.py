"""RaaS, Register as a Service: registers of which organisation knows which person over which periods."""
