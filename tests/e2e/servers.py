"""The real server as a process, started as in the README."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from raas.storage.embedded import running_dsn
from raas.storage.embedded.place import home_of
from tests.citus import SHARDS
from tests.conftest import CITUS_DSN, GIVEN_DSN, new_database
from tests.e2e.prepared import migrated_database, place_migrated_cluster
from tests.eventually import eventually
from tests.planted import planted_values_in
from tests.statements.check import STARTUP

ROOT = Path(__file__).parents[2]
_START_SECONDS = 100
_STOP_SECONDS = 90


COPIES = CITUS_DSN is None
"""Whether databases of the tests are copies of a migrated one: a cluster cannot copy a database."""

LOCAL = ("--authentic-source", "local")
"""The flags of a server that holds the persons."""


class ServerDied(AssertionError):
    """The server ended instead of serving; the text contains its output."""


class Server:
    """A server with its own directory and port, which can be stopped, killed and started again."""

    def __init__(
        self, directory: Path, database_url: str | None = None, *flags: str, migrated: bool = False
    ) -> None:
        self.directory = directory
        self.target = f"127.0.0.1:{free_port()}"
        self.log = directory / "server.log"
        self.flags = flags
        self._database_url = database_url
        self._migrated = migrated
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this server, and of commands on its database."""
        own = {
            "RAAS_LISTEN": self.target,
            "RAAS_DATA_DIR": str(self.directory / "var"),
            "RAAS_NISS_PROFILE": "test",
            "RAAS_DEVELOPMENT_IDENTITY": "1",
            # Most tests are about periods and need thousands of numbers; a flag overrides this.
            "RAAS_AUTHENTIC_SOURCE": "structure",
        }
        if self._database_url:
            own["RAAS_DATABASE_URL"] = self._database_url
        return clean_environment() | own

    @property
    def dsn(self) -> str:
        """The DSN of its database while it runs."""
        found = self._database_url or running_dsn(self.directory / "var")
        assert found
        return found

    @property
    def pid(self) -> int:
        """The process of the supervisor."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, migrate: bool = True) -> None:
        """Start it and wait until it serves.

        A given database is migrated before the first start, unless told not to.
        """
        assert not self.running
        if self._database_url and migrate and not self._migrated:
            migrate_database(self.environment)
            self._migrated = True
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
        """Wait until it is ready."""
        eventually(lambda: not self.running or serves(self.target), _START_SECONDS)
        if not self.running:
            raise ServerDied(self.log.read_text())

    def stop(self) -> int:
        """Stop it by SIGTERM; returns its exit status."""
        assert self._process is not None
        self._require_nothing_shown()
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(_STOP_SECONDS)
        self._require_nothing_planted()
        return status

    def kill(self) -> None:
        """Kill it by SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(_STOP_SECONDS)
        self._require_nothing_planted()

    def _require_nothing_shown(self) -> None:
        """Fail the test when process titles or metrics have something that the server was given."""
        shown = list(titles_of(self.pid))
        if "--metrics-listen" in self.flags:
            address = self.flags[self.flags.index("--metrics-listen") + 1]
            with suppress(OSError), urlopen(f"http://{address}/metrics", timeout=60) as response:
                shown.append(response.read().decode())
        for text in shown:
            assert planted_values_in(text) == set(), text

    def _require_nothing_planted(self) -> None:
        """Fail the test when the server has logged a number, a name or a secret that it was given."""
        assert planted_values_in(self.log.read_text(errors="replace")) == set()

    def discard(self) -> None:
        """Stop all processes and remove the cluster; those of a killed server are stopped by another one."""
        if self._process is None:
            return
        if not self.running:
            self.start()
        self.stop()
        remove_cluster(self.directory / "var")


def remove_cluster(data_dir: Path) -> None:
    """Remove the cluster of a server that has ended, where it is not in the data directory.

    Nobody else removes it: it is not in a directory for temporary files.
    """
    home = home_of(data_dir)
    if home != data_dir:
        shutil.rmtree(home)


def titles_of(pid: int) -> Iterator[str]:
    """The titles of a process and of all that it started; those that have ended are left out."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            yield from title_of(each)


def title_of(process: psutil.Process) -> Iterator[str]:
    """The title of a process, unless it has ended."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        yield " ".join([process.name(), *process.cmdline()])


_reserved: deque[int] = deque()
"""The descriptors of sockets that reserve the newest ports."""
_MOST_RESERVED = 200


def free_port() -> int:
    """A free port that neither the system nor another process of tests takes while a server is restarted."""
    while not reserve(port := random.randrange(20_000, 32_000)):
        pass
    return port


def reserve(port: int) -> bool:
    """Reserve a port until this process ends or has reserved many more; False when it is not free.

    The name of a socket reserves it against other processes of tests on this machine, of any user.
    """
    with socket.socket(socket.AF_UNIX) as reservation:
        try:
            reservation.bind(f"\0raas-test-port-{port}")
            with socket.create_server(("127.0.0.1", port)):
                _reserved.append(reservation.detach())
        except OSError:
            return False
    if len(_reserved) > _MOST_RESERVED:
        os.close(_reserved.popleft())
    return True


def serves(target: str) -> bool:
    """Whether the server at this address is ready."""
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
    """Run a `raas` command, which must end with this exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "raas.cli", *arguments],
        cwd=directory,
        env=environment or clean_environment(),
        input=stdin.decode() if stdin is not None else None,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def migrate_database(environment: dict[str, str]) -> None:
    """Migrate the database that these settings name, and distribute its tables when it is on a cluster."""
    distribute = ("--distribute", "--shards", str(SHARDS)) if CITUS_DSN else ()
    raas("migrate", *distribute, environment=environment)


def clean_environment() -> dict[str, str]:
    """The environment without settings of RaaS and make; modules can be imported from every directory.

    A process that is started with it records its statements (tests/statements).
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RAAS_", "MAKE", "MFLAGS", "LC_", "LANG"))
    }
    # Ignore the configuration and the state files of the user, and how full the disk of the machine is.
    ignored = {
        "RAAS_CONFIG": "/dev/null/raas.json",
        "XDG_STATE_HOME": "/dev/null",
        "RAAS_DATABASE_SIZE": "1TB",
    }
    return inherited | ignored | {"PYTHONPATH": f"{STARTUP}{os.pathsep}{ROOT}", "LANG": "C.UTF-8"}


@contextmanager
def running_server(directory: Path, *flags: str) -> Iterator[Server]:
    """A server on a migrated database without registers, which is removed after the block."""
    with given_database(directory) as database_url:
        server = Server(directory, database_url, *flags, migrated=COPIES)
        try:
            server.start()
            yield server
        finally:
            server.discard()


@contextmanager
def given_database(directory: Path) -> Iterator[str | None]:
    """A new database on the server of RAAS_TEST_DSN or RAAS_TEST_CITUS_DSN; None for the embedded one.

    It is migrated if COPIES. The embedded one lies in `directory`/var, or is named there.
    """
    if GIVEN_DSN is None:
        place_migrated_cluster(directory / "var")
        yield None
        return
    with (migrated_database if COPIES else new_database)(GIVEN_DSN) as dsn:
        yield dsn
