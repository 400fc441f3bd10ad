"""RaaS, Register as a Service: the register that tells who knows whom."""
