"""PostgreSQL for the tests: that of RAAS_TEST_DSN, else an embedded one; one database per session.

With RAAS_TEST_CITUS_DSN, the coordinator of a Citus cluster, the tables of that database are distributed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.maintenance.database import migrate
from raas.storage.connection.database import open_database
from raas.storage.embedded import EmbeddedPostgres
from raas.storage.embedded.binaries import MAJOR
from raas.storage.embedded.place import SHARED
from tests.citus import distribute_tables, new_citus_database
from tests.eventually import eventually
from tests.statements.check import StatementCheck

CITUS_DSN = os.environ.get("RAAS_TEST_CITUS_DSN")
GIVEN_DSN = CITUS_DSN or os.environ.get("RAAS_TEST_DSN")

_SECOND_PLAIN_SERVER = GIVEN_DSN is not None and CITUS_DSN is None

ABOUT_CALLERS = pytest.mark.skipif(
    _SECOND_PLAIN_SERVER,
    reason="it is about callers, not about the database: one plain PostgreSQL and a cluster are enough",
)
"""Marks tests that a second plain PostgreSQL would only repeat."""

ABOUT_COMMANDS = pytest.mark.skipif(
    _SECOND_PLAIN_SERVER,
    reason="it is about clients of a server: one plain PostgreSQL and a cluster are enough",
)
"""Marks tests whose servers send no statement that other tests do not send on every PostgreSQL."""

ALWAYS_EMBEDDED = pytest.mark.skipif(
    GIVEN_DSN is not None, reason="it starts the embedded PostgreSQL, whatever the database of this run"
)
"""Marks tests that are the same in every run."""

PLANS_OF_PLAIN_SERVER = pytest.mark.skipif(
    CITUS_DSN is not None, reason="a coordinator shows the plans of its nodes in another form"
)
"""Marks tests that read the plan of a statement."""


UNTIL_THE_END = ExitStack()
"""Things that a process of the tests makes once, when a test first needs them, and removes after the last."""


# Neither is about the code: on a busy machine an example, or drawing it, takes any time.
settings.register_profile("raas", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("raas")


# A shell starts commands in the background with SIGINT ignored: processes of the tests would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


_FIRST = ("e2e", "upgrade", "client", "interop", "fuzzing")
"""Folders with files that take long. Short files at the end leave no process of the tests without work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files of some folders first."""
    tests = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(tests).parts[0] not in _FIRST)


def pytest_report_header() -> str:
    """State on which PostgreSQL the tests run."""
    if GIVEN_DSN is None:
        return f"PostgreSQL: {MAJOR}, embedded"
    with psycopg.connect(GIVEN_DSN) as connection:
        version = connection.execute("SHOW server_version").fetchone()
    variable = "RAAS_TEST_CITUS_DSN" if CITUS_DSN else "RAAS_TEST_DSN"
    return f"PostgreSQL: {version[0] if version else '?'}, of {variable}"


@pytest.fixture(scope="session", autouse=True)
def databases_elsewhere_are_removed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove the databases that RaaS, started by root, placed outside of the directories of the tests."""
    yield
    for origin in SHARED.glob("database-*/origin") if os.geteuid() == 0 else ():
        # Every process of the tests of root has its databases there, and removes them itself.
        with suppress(FileNotFoundError):
            if Path(origin.read_text().rstrip("\n")).is_relative_to(tmp_path_factory.getbasetemp()):
                shutil.rmtree(origin.parent)


@pytest.fixture(scope="session", autouse=True)
def made_once_is_removed() -> Iterator[None]:
    """Remove what was made until the end."""
    with UNTIL_THE_END:
        yield


@pytest.fixture(scope="session", autouse=True)
def statement_check(tmp_path_factory: pytest.TempPathFactory) -> StatementCheck:
    """The check of every statement that this process, or a server that it starts, sends."""
    return StatementCheck(tmp_path_factory.mktemp("statements"))


@pytest.fixture(autouse=True)
def statements_are_classified(statement_check: StatementCheck) -> Iterator[None]:
    """Fail a test whose statements a sharded PostgreSQL cannot carry out."""
    yield
    statement_check.require_classified()


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """The DSN of the maintenance database of the server on which all test databases are created."""
    if GIVEN_DSN is not None:
        yield GIVEN_DSN
        return
    with tempfile.TemporaryDirectory(prefix="raas-test-") as directory:
        # PostgreSQL may run as another user, who must be able to enter the directory.
        Path(directory).chmod(0o711)
        with EmbeddedPostgres(Path(directory, "data")) as postgres:
            # Tests prepare transactions, which a server never does: the default is none.
            superuser = make_url(postgres.dsn).set(username="postgres").render_as_string(hide_password=False)
            with psycopg.connect(superuser, autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET max_prepared_transactions = 10")
                # Processes of the tests die, and the machine does not: nothing needs to wait for the disk.
                connection.execute("ALTER SYSTEM SET fsync = off")
            postgres.stop()
            postgres.start()
            yield postgres.dsn


@pytest.fixture(scope="session")
def dsn(server_dsn: str) -> Iterator[str]:
    """The DSN of a new, empty database, dropped at the end of the session."""
    with new_database(server_dsn) as database:
        yield database


@contextmanager
def new_database(server_dsn: str, template: str | None = None) -> Iterator[str]:
    """Create a database on the server while the block lasts, empty or a copy of another; yields its DSN."""
    if CITUS_DSN is not None:
        with new_citus_database(server_dsn) as created:
            yield created
        return
    name = f"raas_test_{uuid4().hex}"
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        names = map(sql.Identifier, (name, template or "template1"))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    try:
        yield make_url(server_dsn).set(database=name).render_as_string(hide_password=False)
    finally:
        drop_database(server_dsn, name)


def drop_database(server_dsn: str, name: str) -> None:
    """End the sessions of our role in a database, and drop it."""
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user"
    )

    def dropped() -> bool:
        connection.execute(end, (name,))
        try:
            # WITH (FORCE) fails while an autovacuum worker is there; a plain DROP ends that itself.
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
        except psycopg.errors.ObjectInUse:
            return False
        return True

    with psycopg.connect(server_dsn, dbname="postgres", autocommit=True) as connection:
        eventually(dropped, 60)


@pytest.fixture
def patient_rights_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an answer may take longer than the second that a server waits for its rights."""
    monkeypatch.setattr("raas.storage.rights.reader._READ_SECONDS", 30.0)


@pytest.fixture(scope="session")
async def engine(dsn: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the migrated database of the session; each test uses a register of its own."""
    await asyncio.to_thread(migrate, dsn)
    if CITUS_DSN is not None:
        await asyncio.to_thread(distribute_tables, dsn)
    engine = open_database(dsn)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def reading_engine(engine: AsyncEngine, dsn: str) -> AsyncIterator[AsyncEngine]:
    """An engine for readers on the same database, in autocommit."""
    reading_engine = open_database(dsn, autocommit=True)
    yield reading_engine
    await reading_engine.dispose()
