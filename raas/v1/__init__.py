"""The messages and stubs of package raas.v1, generated from protos/ at every build; only this file is kept in git."""
