"""A command sees the sessions of servers, and a restore waits for none of them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from raas.maintenance.database import migrate
from raas.maintenance.restore import restore
from raas.ops.settings import load_settings
from raas.storage.connection.database import connection_parameters, open_database
from raas.storage.connection.sessions import server_sessions
from raas.usecases.ports.errors import StoreFault
from tests.conftest import new_database
from tests.eventually import eventually

# Without those of a cluster's own nodes.
_SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
  AND application_name NOT LIKE 'citus%'"""


@pytest.fixture(scope="module")
def migrated(server_dsn: str) -> Iterator[str]:
    with new_database(server_dsn) as dsn:
        migrate(dsn)
        yield dsn


@pytest.fixture
def database(migrated: str) -> str:
    """A database on which the sessions of the migration and of the test before have ended."""
    with psycopg.connect(migrated, autocommit=True) as observer:
        eventually(lambda: observer.execute(_SESSIONS).fetchone() == (1,))
    return migrated


async def test_sessions_of_servers_are_counted_and_those_of_commands_are_not(database: str) -> None:
    engine = open_database(database, size=1, autocommit=True, limits=None)
    try:
        assert await server_sessions(engine) == 0
        with (
            psycopg.connect(**connection_parameters(database)),
            psycopg.connect(**connection_parameters(database, None)),
        ):
            assert await server_sessions(engine) == 1
    finally:
        await engine.dispose()


def test_restore_is_refused_while_a_server_runs_that_has_recorded_nothing(database: str) -> None:
    settings = load_settings(database_url=database, listen="127.0.0.1:0", development_identity=True)
    with psycopg.connect(**connection_parameters(database)), pytest.raises(StoreFault) as refused:
        restore(database, settings, (), force=True)
    assert str(refused.value) == "stop the servers first: they have 1 session on the database"
