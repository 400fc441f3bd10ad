"""Servers for the end-to-end tests: one shared by most, others for tests that kill them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.registers import TestRegister, new_register
from tests.e2e.servers import LOCAL, Server, free_port, raas, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A shared server, never stopped or killed; each test creates its own register."""
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A shared server with the demonstration register, and its persons."""
    # Its log and its metrics are searched for numbers and names when it stops.
    flags = ("--log-level", "debug", "--metrics-listen", f"127.0.0.1:{free_port()}")
    with running_server(tmp_path_factory.mktemp("demo_server"), *LOCAL, *flags) as running:
        raas("demo", "--target", running.target)
        yield running


@pytest.fixture(scope="session")
def person_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A shared server that holds persons; each test uses its own registers and numbers."""
    with running_server(tmp_path_factory.mktemp("person_server"), *LOCAL) as running:
        yield running


@pytest.fixture
def local_server(tmp_path: Path) -> Iterator[Server]:
    """A server that holds persons, for one test, which may stop or kill it."""
    with running_server(tmp_path, *LOCAL) as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server for one test, which may stop or kill it."""
    with running_server(tmp_path) as running:
        yield running


@pytest.fixture
def register(server: Server) -> TestRegister:
    """A new register on the shared server."""
    return new_register(server)
