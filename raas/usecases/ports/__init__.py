"""The ports: Protocols of the stores and services that the use cases need."""
