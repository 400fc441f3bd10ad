"""Data directories for the embedded PostgreSQL, and a server that can be killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from raas.storage.embedded import EmbeddedPostgres
from raas.storage.embedded.postmaster import end_postmaster, find_postmaster
from tests.storage.embedded.kept import write

SERVER = """
import sys
from pathlib import Path
from raas.storage.embedded import EmbeddedPostgres

server = EmbeddedPostgres(Path(sys.argv[1]), shared=Path(sys.argv[2]))
print("starting", flush=True)
print(server.start(), flush=True)
print(server.pid, flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that holds an EmbeddedPostgres until it is killed."""

    process: subprocess.Popen[str]

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@contextmanager
def directory_for_all(parent: Path | None = None) -> Iterator[Path]:
    """A temporary directory every user can pass through (pytest's own are closed to others)."""
    with tempfile.TemporaryDirectory(prefix="raas-test-", dir=parent) as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


def quick_place() -> Path | None:
    """A directory in memory if there is enough of it: no test here needs durable storage."""
    memory = Path("/dev/shm")
    plenty = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    return memory if plenty else None


@pytest.fixture
def ground() -> Iterator[Path]:
    """A directory for the data directories of one test."""
    with directory_for_all(quick_place()) as ground:
        yield ground


@pytest.fixture
def shared() -> Iterator[Path]:
    """The shared directory of a PostgreSQL started by root; on disk, as /dev/shm may be noexec."""
    with directory_for_all() as directory:
        yield directory / "shared"


@pytest.fixture
def clean_up(shared: Path) -> Iterator[Callable[[Path], Path]]:
    """Returns its argument, and stops a PostgreSQL that a test leaves running on it."""
    directories: list[Path] = []

    def remember(data_dir: Path) -> Path:
        directories.append(data_dir)
        return data_dir

    yield remember
    for home in (*directories, *shared.glob("database-*")):
        cluster = home / "postgresql"
        postmaster = find_postmaster(cluster)
        if postmaster is not None:
            end_postmaster(postmaster, cluster, deadline=10.0)


@pytest.fixture
def data_dir(ground: Path, clean_up: Callable[[Path], Path]) -> Path:
    """A data directory that does not exist yet."""
    return clean_up(ground / "var")


@pytest.fixture(scope="session")
def filled() -> Iterator[Path]:
    """A data directory with a table `kept` of one row, to copy from: it spares each test an initdb."""
    with directory_for_all(quick_place()) as ground:
        with EmbeddedPostgres(ground / "var") as postgres:
            write(postgres.dsn, "first")
            # All pages of the copies are dirty: this saves each recovery the fsync of a thousand files.
            if sys.platform == "linux":
                operator = postgres.dsn.replace("//raas@", "//postgres@")
                with psycopg.connect(operator, autocommit=True) as connection:
                    connection.execute("alter system set recovery_init_sync_method = 'syncfs'")
        yield ground / "var"


@pytest.fixture
def used(filled: Path, data_dir: Path) -> Path:
    """The data directory of a server that was stopped in order; its table `kept` holds `first`."""
    subprocess.run(["cp", "-a", filled, data_dir], check=True)
    return data_dir


@pytest.fixture
def serve(shared: Path) -> Iterator[Callable[[Path], Server]]:
    """Starts a server process on a data directory."""
    servers: list[Server] = []

    def start(data_dir: Path) -> Server:
        command = [sys.executable, "-c", SERVER, str(data_dir), str(shared)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        servers.append(Server(process))
        assert servers[-1].said() == "starting"
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.kill()
