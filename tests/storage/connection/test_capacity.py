"""The connections that PostgreSQL allows, and poolers in front of it."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlalchemy import make_url

from raas.maintenance.database import require_connections
from raas.storage.connection.capacity import capacity
from raas.storage.connection.probe import DatabaseProbe
from raas.storage.embedded import EmbeddedPostgres
from raas.usecases.ports.errors import StoreFault
from tests.conftest import ALWAYS_EMBEDDED, new_database
from tests.storage.embedded.conftest import directory_for_all


async def test_capacity_is_max_connections_less_the_reserved_ones(server_dsn: str) -> None:
    with psycopg.connect(server_dsn) as connection:
        (most,) = connection.execute("SELECT current_setting('max_connections')::int").fetchone() or (0,)
    found = await capacity(server_dsn)
    assert 0 < most - found.connections <= 10
    assert f"max_connections is {most}" in found.limit


def test_workers_that_need_more_connections_than_allowed_are_refused(server_dsn: str) -> None:
    with new_database(server_dsn) as dsn, psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{make_url(dsn).database}" CONNECTION LIMIT 50')
        require_connections(dsn, 2, 21)
        with pytest.raises(StoreFault) as refused:
            require_connections(dsn, 3, 21)
        assert str(refused.value) == (
            "3 workers may need 63 connections to PostgreSQL, but the connection limit of the database "
            "is 50: set RAAS_WORKERS to at most 2, or raise the limit by 13"
        )


@ALWAYS_EMBEDDED
def test_embedded_postgresql_allows_the_connections_of_all_workers() -> None:
    with (
        directory_for_all() as directory,
        EmbeddedPostgres(directory / "var", connections=168) as postgres,
        psycopg.connect(postgres.dsn) as connection,
    ):
        assert connection.execute("SHOW max_connections").fetchone() == ("188",)


@asynccontextmanager
async def listening(handler: object) -> AsyncIterator[int]:
    """A server on a port of its own."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0)  # type: ignore[arg-type]
    async with server:
        yield server.sockets[0].getsockname()[1]


async def refuse_settings(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a start-up message as PgBouncer does when it has the parameter `options`."""
    while (length := struct.unpack("!I", await reader.readexactly(4))[0]) == 8:
        await reader.readexactly(4)  # a request for encryption
        writer.write(b"N")
    await reader.readexactly(length - 4)
    body = b"SERROR\0C08P01\0Munsupported startup parameter: options\0\0"
    writer.write(b"E" + struct.pack("!I", len(body) + 4) + body)
    await writer.drain()
    writer.close()


@pytest.mark.filterwarnings("default::ResourceWarning")
async def test_pooler_that_refuses_session_settings_is_named() -> None:
    async with listening(refuse_settings) as port:
        dsn = f"postgresql://raas@127.0.0.1:{port}/raas"
        with pytest.raises(StoreFault, match="connection pooler"):
            await capacity(dsn)
        reasons: list[str | None] = []
        probe = asyncio.create_task(DatabaseProbe(dsn).run(reasons.append))
        async with asyncio.timeout(60):
            while not reasons:
                await asyncio.sleep(0.01)
        probe.cancel()
        await asyncio.wait([probe])
        assert "connection pooler" in str(reasons[0])


async def test_pooler_that_hides_the_session_is_named(server_dsn: str) -> None:
    url = make_url(server_dsn)
    host = parse_qs(urlsplit(server_dsn).query).get("host", [url.host or ""])[0]
    port = url.port or int(parse_qs(urlsplit(server_dsn).query).get("port", ["5432"])[0])

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass everything on, but state another process id, as poolers do."""
        if host.startswith("/"):
            from_server, to_server = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            from_server, to_server = await asyncio.open_connection(host, port)

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter, key: bytes) -> None:
            while data := await source.read(65536):
                at = data.find(key) if key else -1
                if at >= 0:
                    data = data[: at + 5] + struct.pack("!I", 1) + data[at + 9 :]
                target.write(data)
                await target.drain()
            target.close()

        await asyncio.gather(copy(reader, to_server, b""), copy(from_server, writer, b"K\0\0\0\x0c"))

    async with listening(relay) as relay_port:
        # What is encrypted the relay could not change.
        dsn = f"postgresql://{url.username}@127.0.0.1:{relay_port}/{url.database}?sslmode=disable"
        if url.password:
            dsn = dsn.replace("@", f":{url.password}@", 1)
        with pytest.raises(StoreFault, match="connection pooler"):
            await capacity(dsn)
