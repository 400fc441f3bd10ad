"""Fixtures for pytest: `pytest_plugins = ["raas_client.testing.fixtures"]` in a conftest.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from raas_client.testing.fake import FakeRegister


@pytest.fixture
def fake_register() -> Iterator[FakeRegister]:
    """An empty register for every test, without dossier types."""
    with FakeRegister() as register:
        yield register
