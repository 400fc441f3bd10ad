"""The gRPC server: the only room that imports gRPC and the messages of raas.v1."""
