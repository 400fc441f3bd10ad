"""The front door: the only room that knows gRPC and the messages of raas.v1."""
