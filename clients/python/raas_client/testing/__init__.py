"""A register in memory, for tests of programs that call RaaS; needs `pip install 'raas[testing]'`."""

try:
    from raas_client.testing.fake import FakeRegister
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"raas_client.testing needs the engine: pip install 'raas[testing]' ({error})", name=error.name
    ) from error

__all__ = ["FakeRegister"]
