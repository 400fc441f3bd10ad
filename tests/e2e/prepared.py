"""Migrated databases, copied for each server whose test is not about its first start.

To create a cluster and to migrate it takes longer than most tests of a server. Each process of the tests does
it once. A copy is as a server leaves its database after the migration: no log of the audit has begun, and no
secret was drawn.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from raas.maintenance.database import migrate
from raas.storage.embedded import EmbeddedPostgres
from raas.storage.embedded.account import account_for
from raas.storage.embedded.place import SHARED, make_data_directory, new_home
from raas.storage.embedded.server import CLUSTER
from tests.conftest import UNTIL_THE_END, new_database


def place_migrated_cluster(data_dir: Path) -> None:
    """Give a data directory a migrated cluster, where a server would create an empty one.

    The cluster does not wait for the disk: processes of the tests die, and the machine does not.
    """
    data_dir = make_data_directory(data_dir)
    home = new_home(data_dir, account_for(data_dir / CLUSTER), SHARED)
    subprocess.run(["cp", "-a", _cluster(), home / CLUSTER], check=True)


@contextmanager
def migrated_database(server_dsn: str) -> Iterator[str]:
    """A migrated database on a server while the block lasts; yields its DSN."""
    with new_database(server_dsn, template=make_url(_database(server_dsn)).database) as dsn:
        yield dsn


@cache
def _cluster() -> Path:
    directory = Path(UNTIL_THE_END.enter_context(tempfile.TemporaryDirectory(prefix="raas-test-")))
    # PostgreSQL may run as another user, who must be able to enter the directory.
    directory.chmod(0o711)
    with EmbeddedPostgres(directory / "var") as postgres:
        superuser = make_url(postgres.dsn).set(username="postgres").render_as_string(hide_password=False)
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
        _migrate(postgres.dsn)
    return directory / "var" / CLUSTER


@cache
def _database(server_dsn: str) -> str:
    dsn = UNTIL_THE_END.enter_context(new_database(server_dsn))
    _migrate(dsn)
    return dsn


def _migrate(dsn: str) -> None:
    """Migrate a database, also beside the event loop of a test."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate, dsn).result()
