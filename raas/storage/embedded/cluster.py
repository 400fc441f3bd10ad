"""The files of a cluster: their creation, whole or not at all, their version, and their settings.

Access: there is no TCP; the socket lies in a directory its user alone may enter; and on
the socket PostgreSQL asks the system who is calling (peer) and lets in root and the owner of the
files, who could read these anyway. So there is no password to keep, lose or log. RaaS connects as
the role `raas`, which owns the database `raas` and is no superuser; the superuser `postgres` is for
the operator.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
import time
from pathlib import Path

import psutil

from raas.storage.embedded.account import Account
from raas.storage.embedded.binaries import MAJOR
from raas.storage.embedded.errors import EmbeddedPostgresError, OtherMajorVersion
from raas.storage.embedded.postmaster import end_at_once
from raas.storage.embedded.reasons import reason_of_failure

INITDB = (
    *("--username=postgres", "--auth-local=peer", "--auth-host=reject", "--no-instructions"),
    # C.UTF-8 of PostgreSQL itself: a new release of the system's libraries never reorders an index.
    *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)

# The message of an SQL error can quote a value, and a value can be a NISS: errors in sessions of RaaS are
# reported to RaaS and not logged. Only a superuser can change this.
ROLE_AND_DATABASE = """\
CREATE ROLE raas LOGIN CREATEDB;
ALTER ROLE raas SET log_min_messages = log;
CREATE DATABASE raas OWNER raas;
"""

_LEAST_CONNECTIONS = 100
_SPARE_CONNECTIONS = 20
"""Connections beside those of the server: for commands, and reserved ones."""

SETTINGS = """\
# Written by RaaS before every start of PostgreSQL; what is changed here is lost.
# To change a setting, use ALTER SYSTEM as the superuser postgres: that is kept, and wins.

listen_addresses = ''                       # no TCP at all
port = 5432                                 # only part of the socket's name
unix_socket_directories = '{socket_directory}'
unix_socket_permissions = 0700
max_connections = {max_connections}

fsync = on                                  # an answer means: it is on the disk
synchronous_commit = on
full_page_writes = on
wal_compression = on
wal_buffers = 16MB
max_wal_size = 4GB
min_wal_size = 256MB
checkpoint_timeout = 10min
checkpoint_completion_target = 0.9

shared_buffers = 256MB                      # two cores and their memory, shared with the server
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
max_parallel_workers_per_gather = 0
jit = off

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
lc_monetary = 'C'
lc_numeric = 'C'
lc_time = 'C'
default_text_search_config = 'pg_catalog.simple'

logging_collector = on                      # one file per weekday, overwritten after a week
log_directory = 'log'
log_filename = 'postgresql-%u.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] '
log_statement = none                        # no statement, parameter or row ever reaches the log
log_min_duration_statement = -1
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""

ADMISSION = """\
# Written by RaaS before every start of PostgreSQL; what is changed here is lost.
# TYPE  DATABASE     USER      METHOD
local   all          raas      peer map=raas
local   all          postgres  peer map=raas
local   replication  postgres  peer map=raas
"""


def check_version(cluster: Path) -> None:
    """Raise OtherMajorVersion unless `cluster` was made by PostgreSQL MAJOR.

    Raises EmbeddedPostgresError when it is no cluster at all (RaaS never leaves one half made).
    """
    try:
        found = (cluster / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise EmbeddedPostgresError(
            f"{cluster} is not a database of PostgreSQL (PG_VERSION cannot be read: {error.strerror}): "
            "restore it, or move it away to begin with an empty database."
        ) from None
    if found != str(MAJOR):
        raise OtherMajorVersion(cluster, found, MAJOR)


def create_cluster(cluster: Path, binaries: Path, account: Account) -> None:
    """Make a new cluster with the role and the database `raas`.

    All or nothing: it is made under another name beside `cluster` and renamed when it is complete
    and on the disk. Leftovers of an earlier attempt are removed first.
    """
    for leftover in cluster.parent.glob(f"{cluster.name}.new-*"):
        _remove_leftover(leftover)
    fresh = Path(tempfile.mkdtemp(prefix=f"{cluster.name}.new-", dir=cluster.parent))
    os.chown(fresh, account.uid, account.gid)
    _run(account, fresh, binaries / "initdb", *INITDB, "-D", fresh)
    write_settings(fresh, account, socket_directory=fresh)
    single = ("--single", "-D", fresh, "-c", "exit_on_error=on", "-c", "logging_collector=off", "postgres")
    _run(account, fresh, binaries / "postgres", *single, text=ROLE_AND_DATABASE)
    fresh.rename(cluster)
    descriptor = os.open(cluster.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_settings(cluster: Path, account: Account, socket_directory: Path, connections: int = 0) -> None:
    """Write the settings and the client authentication of `cluster`; they take effect at the next start."""
    most = max(_LEAST_CONNECTIONS, connections + _SPARE_CONNECTIONS)
    settings = SETTINGS.format(socket_directory=socket_directory, max_connections=most)
    _write(cluster / "postgresql.conf", settings, account)
    _write(cluster / "pg_hba.conf", ADMISSION, account)
    callers = dict.fromkeys((pwd.getpwuid(0).pw_name, account.name))
    admitted = "".join(f'raas  "{caller}"  {role}\n' for caller in callers for role in ("raas", "postgres"))
    _write(cluster / "pg_ident.conf", f"# MAP  CALLER  ROLE\n{admitted}", account)


def _run(account: Account, cluster: Path, *command: str | Path, text: str = "") -> None:
    status, said = account.run(command, text=text)
    if status != 0:
        reason = reason_of_failure(said, cluster)
        raise EmbeddedPostgresError(f"{Path(command[0]).name} failed with status {status}: {reason}")


def _write(path: Path, text: str, account: Account) -> None:
    """Write a file of the account whole, where it does not hold the text already (the disk may be full).

    Root never follows a link that the account may have placed there.
    """
    if _holds(path, text, account):
        return
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fchown(descriptor, account.uid, account.gid)
        os.fsync(descriptor)
    fresh.replace(path)


def _holds(path: Path, text: str, account: Account) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        now = os.fstat(descriptor)
        right = stat.S_ISREG(now.st_mode) and (now.st_uid, now.st_mode & 0o777) == (account.uid, 0o600)
        return right and file.read(len(text.encode()) + 1) == text.encode()


def _remove_leftover(directory: Path) -> None:
    """Remove an incomplete cluster, after ending the processes that may still work on it."""
    processes = psutil.process_iter(["cmdline"])
    end_at_once(process for process in processes if str(directory) in (process.info["cmdline"] or ()))
    deadline = time.monotonic() + 10.0
    while directory.exists():  # a child of the ended initdb may still write for a moment
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"{directory}, left by an earlier start, cannot be removed.")
        shutil.rmtree(directory, ignore_errors=True)
