"""The real server as a process of its own, started the way the README says."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from raas.storage.embedded import running_dsn
from tests.conftest import GIVEN_DSN, new_database
from tests.eventually import eventually

ROOT = Path(__file__).parents[2]
_START_SECONDS = 100
_STOP_SECONDS = 30


LOCAL = ("--authentic-source", "local")
"""The flags of a server that keeps the persons."""


class ServerDied(AssertionError):
    """The server ended instead of serving; the text has what it said."""


class Server:
    """One server on a directory and a port of its own; it can be stopped, killed and started again."""

    def __init__(self, directory: Path, database_url: str | None = None, *flags: str) -> None:
        self.directory = directory
        self.target = f"127.0.0.1:{free_port()}"
        self.log = directory / "server.log"
        self.flags = flags
        self._database_url = database_url
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this server; also right for a command that works on its database."""
        own = {
            "RAAS_LISTEN": self.target,
            "RAAS_DATA_DIR": str(self.directory / "var"),
            "RAAS_NISS_PROFILE": "test",
            "RAAS_DEVELOPMENT_IDENTITY": "1",
            # Most tests are about periods and need numbers by the thousand; a flag says otherwise.
            "RAAS_AUTHENTIC_SOURCE": "structure",
        }
        if self._database_url:
            own["RAAS_DATABASE_URL"] = self._database_url
        return clean_environment() | own

    @property
    def dsn(self) -> str:
        """The database that it works on, while it runs."""
        found = self._database_url or running_dsn(self.directory / "var")
        assert found
        return found

    @property
    def pid(self) -> int:
        """The process that was started: the supervisor."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, migrate: bool = True) -> None:
        """Start it and wait until it serves; a database of its own is migrated before, unless told not to."""
        assert not self.running
        if self._database_url and migrate:
            raas("migrate", environment=self.environment)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "server.py", *self.flags],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.await_serving()

    def await_serving(self) -> None:
        """Wait until it answers calls."""
        eventually(lambda: not self.running or serves(self.target), _START_SECONDS)
        if not self.running:
            raise ServerDied(self.log.read_text())

    def stop(self) -> int:
        """Ask it to end (SIGTERM); answers its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """End it without a chance to do anything about it (SIGKILL)."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(_STOP_SECONDS)

    def discard(self) -> None:
        """Leave no process behind: what a killed server leaves, another takes over and ends."""
        if self._process is None:
            return
        if not self.running:
            self.start()
        self.stop()


def free_port() -> int:
    """A port that nobody listens on, nor gets from the system while its server is restarted."""
    while True:
        port = random.randrange(20_000, 32_000)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue


def serves(target: str) -> bool:
    """Whether the server there says that it answers calls."""
    with grpc.insecure_channel(target) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def raas(
    *arguments: str,
    environment: dict[str, str] | None = None,
    status: int = 0,
    stdin: bytes | None = None,
    directory: Path = ROOT,
) -> subprocess.CompletedProcess[str]:
    """Run a command line of `raas`, which must end with that exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "raas.cli", *arguments],
        cwd=directory,
        env=environment or clean_environment(),
        input=stdin.decode() if stdin is not None else None,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def clean_environment() -> dict[str, str]:
    """The environment without settings of RaaS and of make; the modules are found from every directory."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RAAS_", "MAKE", "MFLAGS", "LC_", "LANG"))
    }
    # Neither the configuration nor the state of the user, whatever it is.
    nowhere = {"RAAS_CONFIG": "/dev/null/raas.json", "XDG_STATE_HOME": "/dev/null"}
    return inherited | nowhere | {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}


@contextmanager
def running_server(directory: Path, *flags: str) -> Iterator[Server]:
    """A server that serves an empty database, and leaves nothing behind."""
    with _database() as database_url:
        server = Server(directory, database_url, *flags)
        try:
            server.start()
            yield server
        finally:
            server.discard()


@contextmanager
def _database() -> Iterator[str | None]:
    """A new database on the PostgreSQL of RAAS_TEST_DSN; None for the embedded one."""
    if GIVEN_DSN is None:
        yield None
        return
    with new_database(GIVEN_DSN) as dsn:
        yield dsn
