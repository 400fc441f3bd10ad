"""An authentic source on a server that identifies its callers: asked over TLS, with renewed credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from structlog.testing import capture_logs

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.rights.role import Role, RoleGrant
from raas.rpc.remote_source import RemoteSource
from raas.storage.connection.database import open_database
from raas.storage.rights.store import PostgresRightsStore
from raas.usecases.ports.errors import SourceUnavailable
from raas_client import Tls
from tests.conftest import ABOUT_CALLERS
from tests.e2e.identified import ADMINISTRATOR, OTHER, OWNER, IdentifiedServer, identified_server
from tests.e2e.persons import Persons, new_niss
from tests.e2e.registers import TestRegister, new_register
from tests.e2e.servers import Server, running_server
from tests.eventually import eventually
from tests.rpc.harness import told

NOBODY = Niss(85673003360)

pytestmark = ABOUT_CALLERS


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentifiedServer]:
    """The server that holds the persons, none of them; OWNER may check persons there, OTHER may not."""
    folder = tmp_path_factory.mktemp("source")
    with identified_server(folder, authentic_source="local") as running:
        asyncio.run(grant(running.dsn, OWNER, Role.PERSON_CHECKER))
        yield running


async def grant(dsn: str, number: str, role: Role) -> None:
    engine = open_database(dsn, limits=None)
    try:
        async with PostgresRightsStore(engine, engine).change() as change:
            organisations = EnterpriseNumber(int(number)), EnterpriseNumber(int(ADMINISTRATOR))
            await change.put(RoleGrant(uuid4(), organisations[0], role, organisations[1], change.time))
    finally:
        await engine.dispose()


@contextmanager
def asking(folder: Path, source: str, *settings: str) -> Iterator[tuple[Server, TestRegister]]:
    """A server that uses this authentic source, and a register there."""
    folder.mkdir(exist_ok=True)
    with running_server(folder, "--authentic-source", source, *settings) as server:
        yield server, new_register(server)


def reason(server: Server, register: TestRegister) -> str:
    """Why a number that nobody knows is refused."""
    with pytest.raises(grpc.RpcError) as raised:
        Persons(server).inscribe(register, new_niss(), "2024-01-01", "2024-01-01")
    return str(told(raised.value).info.reason)


def put_certificate(source: IdentifiedServer, number: str, seconds: float = 3_600) -> None:
    client = source.authority.client(number, "raas", life=timedelta(seconds=seconds))
    source.write("caller.key", client.key_pem)
    source.write("caller.pem", client.certificate_pem)


def test_source_is_asked_with_a_certificate_that_is_renewed(source: IdentifiedServer, tmp_path: Path) -> None:
    put_certificate(source, OWNER)
    settings = (
        *("--authentic-source-ca", str(source.folder / "clients.pem")),
        *("--authentic-source-certificate", str(source.folder / "caller.pem")),
        *("--authentic-source-key", str(source.folder / "caller.key")),
    )
    with asking(tmp_path / "here", source.certificates, *settings) as (server, register):
        eventually(lambda: reason(server, register) == "NISS_UNKNOWN")
        # On the new connection the certificate expires.
        put_certificate(source, OWNER, 8)
        refused = "does not accept this server"
        eventually(lambda: reason(server, register) and refused in server.log.read_text(), 60)
        put_certificate(source, OWNER)
        eventually(lambda: reason(server, register) == "NISS_UNKNOWN")
        put_certificate(source, OTHER)
        eventually(lambda: reason(server, register) == "AUTHENTIC_SOURCE_UNAVAILABLE")


async def test_source_is_asked_with_a_token_that_is_renewed(source: IdentifiedServer) -> None:
    token = source.write("source-token", b"expired")
    caller, tls = EnterpriseNumber(int(OTHER)), Tls(source.authority.pem)
    remote = RemoteSource.at(source.tokens, caller, tls=tls, token=token)
    try:
        with capture_logs() as logs, pytest.raises(SourceUnavailable, match="answered UNAUTHENTICATED"):
            await remote.states([NOBODY])
        assert f"the token in {token}" in logs[0]["cause"]
        source.write("source-token", source.issuer.token(OWNER, "raas").encode())
        assert await remote.states([NOBODY]) == {}
    finally:
        await remote.close()
