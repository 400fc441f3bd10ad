"""The embedded PostgreSQL on a disk or a shared memory that is too small."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.embedded.conftest import directory_for_all

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(
        os.geteuid() != 0
        or subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0,
        reason="needs the right to mount file systems",
    ),
]

FULL_DISK = """
import os, sys, time
from pathlib import Path
import psycopg
from raas.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError

disk, kept = Path(sys.argv[1]), 4 << 20
postgres = EmbeddedPostgres(disk / "var")
dsn = postgres.start()
with psycopg.connect(dsn, autocommit=True) as connection:
    connection.execute("create table kept as select 1 as one")

def free():
    now = os.statvfs(disk)
    return now.f_bavail * now.f_frsize

(disk / "ballast").write_bytes(bytes(free() - kept))
message = "select pg_logical_emit_message(true, 'x', repeat('x', 100000))"
try:
    with psycopg.connect(dsn, autocommit=True) as connection:
        while True:  # until a new segment of the write-ahead log finds no room
            connection.execute(message)
except psycopg.Error:
    pass
deadline = time.monotonic() + 60
postgres_pid = postgres.pid
while os.path.exists(f"/proc/{postgres_pid}") and time.monotonic() < deadline:
    time.sleep(0.05)

attempts = []

def attempt():
    try:
        if postgres.ensure_running():
            attempts.append("started")
    except EmbeddedPostgresError as error:
        attempts.append(str(error))
    time.sleep(0.1)

# Once a minute it is started in any case.
deadline = time.monotonic() + 45
while not (attempts and "is full" in attempts[-1]) and time.monotonic() < deadline:
    attempt()
for _ in range(20):
    attempt()
assert len(attempts) <= 2, attempts
assert "is full" in attempts[-1] and "when 64 MiB are free" in attempts[-1], attempts
(disk / "ballast").unlink()
assert postgres.ensure_running()
with psycopg.connect(dsn, autocommit=True) as connection:
    assert connection.execute("select one from kept").fetchall() == [(1,)]
    connection.execute(message)
postgres.stop()
print("done")
"""

SMALL_MEMORY = """
import sys
from pathlib import Path
from raas.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError

try:
    EmbeddedPostgres(Path(sys.argv[1]) / "var").start()
except EmbeddedPostgresError as error:
    print(error)
"""


@pytest.fixture
def ground() -> Iterator[Path]:
    with directory_for_all() as ground:
        yield ground


def said_with_mount(mount: str, program: str, ground: Path) -> str:
    """The output of a program that alone sees a file system mounted."""
    script = f'mount -t tmpfs {mount} && exec "$0" -c "$1" "$2"'
    command = ["unshare", "--mount", "/bin/sh", "-c", script, sys.executable, program, str(ground)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_postgres_on_a_full_disk_starts_again_when_there_is_room(ground: Path) -> None:
    assert said_with_mount(f"-o size=180m,mode=711 tmpfs {ground}", FULL_DISK, ground) == "done"


def test_start_without_shared_memory_names_the_cause(ground: Path) -> None:
    said = said_with_mount("-o size=300k tmpfs /dev/shm", SMALL_MEMORY, ground)
    assert "could not resize shared memory segment" in said
    assert said.endswith("/dev/shm is too small (300 KiB): enlarge it (docker run --shm-size=64m).")
