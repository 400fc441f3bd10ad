"""A register in memory for the tests of those who call one; needs `pip install 'raas[testing]'`."""

from raas_client.testing.fake import FakeRegister

__all__ = ["FakeRegister"]
