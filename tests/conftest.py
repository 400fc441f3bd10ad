"""A PostgreSQL for the tests: the one RAAS_TEST_DSN names, else the embedded one; a database per session."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.database import open_database
from raas.storage.embedded import EmbeddedPostgres
from raas.storage.embedded.binaries import MAJOR
from raas.storage.schema.migration import upgrade

GIVEN_DSN = os.environ.get("RAAS_TEST_DSN")


def pytest_report_header() -> str:
    """Which PostgreSQL the tests run on."""
    if GIVEN_DSN is None:
        return f"PostgreSQL: {MAJOR}, embedded"
    with psycopg.connect(GIVEN_DSN) as connection:
        version = connection.execute("SHOW server_version").fetchone()
    return f"PostgreSQL: {version[0] if version else '?'}, of RAAS_TEST_DSN"


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """The server all databases of the tests are on, by a database of which nothing is used."""
    if GIVEN_DSN is not None:
        yield GIVEN_DSN
        return
    with tempfile.TemporaryDirectory(prefix="raas-test-") as directory:
        # PostgreSQL may run as another user, who must be able to pass.
        Path(directory).chmod(0o711)
        with EmbeddedPostgres(Path(directory, "data")) as postgres:
            yield postgres.dsn


@pytest.fixture(scope="session")
def dsn(server_dsn: str) -> Iterator[str]:
    """An empty database of this session's own, dropped at its end."""
    with new_database(server_dsn) as database:
        yield database


@contextmanager
def new_database(server_dsn: str) -> Iterator[str]:
    """An empty database of its own on the server, dropped at the end: its DSN."""
    name = f"raas_test_{uuid4().hex}"
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_url(server_dsn).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server_dsn, autocommit=True) as connection:
            # WITH (FORCE) fails while an autovacuum worker is there; a plain DROP ends that itself.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user",
                (name,),
            )
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
async def engine(dsn: str) -> AsyncIterator[AsyncEngine]:
    """The session's database, migrated; tests take a register of their own each."""
    engine = open_database(dsn)
    await upgrade(engine)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def reading_engine(engine: AsyncEngine, dsn: str) -> AsyncIterator[AsyncEngine]:
    """The same database for readers: in autocommit."""
    reading_engine = open_database(dsn, autocommit=True)
    yield reading_engine
    await reading_engine.dispose()
