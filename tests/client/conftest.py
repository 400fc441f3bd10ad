"""A shared server, and a register for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from raas_client import RaasClient
from raas_client.testing import FakeRegister
from tests.client.registers import AnyRegister, RealRegister, fake_register, real_server
from tests.e2e.servers import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server that nobody stops or kills."""
    with real_server(tmp_path_factory.mktemp("client-server")) as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A running server for one test, which may do to it what it wants."""
    with real_server(tmp_path) as running:
        yield running


@pytest.fixture
def fake() -> Iterator[FakeRegister]:
    with fake_register() as register:
        yield register


@pytest.fixture(params=["fake", "real"])
def register(request: pytest.FixtureRequest) -> Iterator[AnyRegister]:
    """The fake register and a real one, in turn: both must behave alike."""
    if request.param == "real":
        yield RealRegister(request.getfixturevalue("server")).create()
    else:
        yield request.getfixturevalue("fake")


@pytest.fixture
async def client(register: AnyRegister) -> AsyncIterator[RaasClient]:
    async with register.client() as opened:
        yield opened
