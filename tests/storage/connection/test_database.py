"""The database: connection settings, lost connections, and the text of errors."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.database import open_database, require_supported
from raas.storage.connection.errors import translated_errors
from raas.storage.connection.query import fetch
from raas.usecases.ports.errors import StoreFault, StoreUnavailable
from tests.conftest import CITUS_DSN

SECRET = 85673003360


@asynccontextmanager
async def opened(dsn: str, **options: object) -> AsyncIterator[AsyncEngine]:
    engine = open_database(dsn, **options)  # type: ignore[arg-type]
    try:
        yield engine
    finally:
        await engine.dispose()


async def value(engine: AsyncEngine, statement: str) -> object:
    ((found,),) = await fetch(engine, statement, {})
    return found


async def end_backend(engine: AsyncEngine, pid: object) -> None:
    """Have the server end a session, and wait until it has."""
    async with engine.connect() as connection:
        await connection.execute(text(f"SELECT pg_terminate_backend({pid})"))
        there = text(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}")
        async with asyncio.timeout(30):
            while (await connection.execute(there)).scalar_one():
                await connection.rollback()
                await asyncio.sleep(0.01)


async def test_connection_has_the_settings_that_the_code_relies_on(dsn: str) -> None:
    async with opened(dsn, autocommit=True) as engine:
        assert await value(engine, "SHOW datestyle") == "ISO, MDY"
        assert await value(engine, "SHOW timezone") == "UTC"
        assert await value(engine, "SHOW application_name") == "raas"
        assert await value(engine, "SHOW client_encoding") == "UTF8"
        assert await value(engine, "SHOW jit") == "off"
        assert await value(engine, "SHOW enable_seqscan") == "off"
        expected = "force_generic_plan" if CITUS_DSN is None else "auto"
        assert await value(engine, "SHOW plan_cache_mode") == expected


async def test_uri_overrides_settings(dsn: str) -> None:
    said = "application_name=elsewhere&options=-c%20search_path%3Dpg_catalog%20-c%20jit%3Don"
    async with opened(f"{dsn}{'&' if '?' in dsn else '?'}{said}", autocommit=True) as engine:
        assert await value(engine, "SHOW application_name") == "elsewhere"
        assert await value(engine, "SHOW search_path") == "pg_catalog"
        assert await value(engine, "SHOW jit") == "on"
        assert await value(engine, "SHOW timezone") == "UTC"


@pytest.mark.parametrize(
    "dsn", ["mysql://somebody:hidden@there/it", "postgresql://somebody:hidden@there/?x=1"]
)
def test_invalid_uri_is_refused_without_showing_its_password(dsn: str) -> None:
    with pytest.raises(StoreFault, match=r"(the|a) URI") as refused:
        open_database(dsn)
    assert "hidden" not in "".join(traceback.format_exception(refused.value))


def test_version_that_is_too_old_is_refused() -> None:
    require_supported(150_000)
    require_supported(180_004)
    with pytest.raises(StoreFault, match="PostgreSQL 14 is too old: RaaS needs version 15 or later"):
        require_supported(140_012)


async def test_connecting_to_a_server_that_is_too_old_is_refused(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("raas.storage.connection.database.MINIMUM_SERVER", 990_000)
    async with opened(dsn, autocommit=True) as engine:
        with pytest.raises(StoreFault, match="needs version 99 or later"):
            await value(engine, "SELECT 1")


async def test_database_without_a_listener_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with opened(f"postgresql://raas@127.0.0.1:{port}/raas", autocommit=True) as engine:
            with pytest.raises(StoreUnavailable):
                await value(engine, "SELECT 1")
        async with opened(f"postgresql://raas@127.0.0.1:{port}/raas") as engine:
            with pytest.raises(StoreUnavailable), translated_errors():
                await engine.connect()


async def test_connection_that_died_in_the_pool_is_replaced_before_use(dsn: str, engine: AsyncEngine) -> None:
    async with opened(dsn, autocommit=True, size=1) as readers, opened(dsn, size=1) as writers:
        for _ in range(3):
            read_by = await value(readers, "SELECT pg_backend_pid()")
            await end_backend(engine, read_by)
            assert await value(readers, "SELECT pg_backend_pid()") != read_by
            async with writers.begin() as connection:
                written_by = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            await end_backend(engine, written_by)
            async with writers.begin() as connection:
                assert (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one() != written_by


async def test_connection_lost_in_a_statement_is_unavailable_and_replaced(
    dsn: str, engine: AsyncEngine
) -> None:
    async with opened(dsn, autocommit=True, size=1) as readers:
        pid = await value(readers, "SELECT pg_backend_pid()")
        sleeping = asyncio.create_task(value(readers, "SELECT pg_sleep(60)"))
        async with asyncio.timeout(30), engine.connect() as watcher:
            active = text(f"SELECT state = 'active' FROM pg_stat_activity WHERE pid = {pid}")
            while not (await watcher.execute(active)).scalar_one():
                await watcher.rollback()
                await asyncio.sleep(0.01)
        await end_backend(engine, pid)
        with pytest.raises(StoreUnavailable):
            await sleeping
        assert await value(readers, "SELECT 1") == 1


async def test_statement_of_a_cancelled_caller_is_cancelled_on_the_server(dsn: str) -> None:
    async with opened(dsn, autocommit=True, size=1) as engine:
        for _ in range(3):
            sleeping = asyncio.create_task(value(engine, "SELECT pg_sleep(60)"))
            await asyncio.sleep(0.05)
            sleeping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sleeping
            assert await asyncio.wait_for(value(engine, "SELECT 1"), 30) == 1


async def test_fetch_is_refused_on_an_engine_with_transactions(engine: AsyncEngine) -> None:
    with pytest.raises(RuntimeError, match="autocommit"):
        await value(engine, "SELECT 1")
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT '{secret}'::date",
        "INSERT INTO pg_temp.person VALUES ({secret}), ({secret})",
        "SELECT {secret} FROM nowhere -- not on distributed tables",
    ],
)
async def test_error_of_a_statement_shows_no_value(dsn: str, statement: str) -> None:
    async with opened(dsn, autocommit=True, size=1) as engine:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TEMP TABLE person (niss bigint PRIMARY KEY)"))
        with pytest.raises(StoreFault) as fault:
            await fetch(engine, statement.format(secret=SECRET), {})
        assert str(SECRET) not in "".join(traceback.format_exception(fault.value))
    async with opened(dsn) as engine:
        with pytest.raises(StoreFault) as fault, translated_errors():
            async with engine.begin() as connection:
                await connection.execute(text("SELECT CAST(:niss AS date)"), {"niss": str(SECRET)})
        assert str(SECRET) not in "".join(traceback.format_exception(fault.value))


async def test_exhausted_pool_is_unavailable(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(dsn, size=1) as engine, engine.connect() as held:
        monkeypatch.setattr(engine.sync_engine.pool, "_timeout", 0.05)
        with pytest.raises(StoreUnavailable), translated_errors():
            await engine.connect()
        await held.rollback()


async def test_errors_of_other_kinds_are_not_translated() -> None:
    with pytest.raises(KeyError), translated_errors():
        raise KeyError
