"""EmbeddedPostgres: the supervisor's side of the embedded PostgreSQL."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from psycopg.pq import PGconn, Ping

from raas.storage.embedded.account import account_for
from raas.storage.embedded.binaries import find_binaries
from raas.storage.embedded.cluster import check_version, create_cluster
from raas.storage.embedded.errors import EmbeddedPostgresError, StartCancelled
from raas.storage.embedded.launch import launch
from raas.storage.embedded.place import (
    LOCK,
    SHARED,
    held,
    home_of,
    make_data_directory,
    new_home,
    opened,
    remove_short_socket_directory,
    socket_directory,
)
from raas.storage.embedded.postmaster import (
    POLL_SECONDS,
    READY,
    STOPPING,
    Postmaster,
    clear_away,
    end_postmaster,
    find_postmaster,
)
from raas.storage.embedded.restarts import Restarts
from raas.storage.embedded.watchdog import Watchdog

CLUSTER = "postgresql"
START_ATTEMPTS = 3

_log = logging.getLogger(__name__)


def running_dsn(data_dir: Path) -> str | None:
    """The DSN of the embedded PostgreSQL of `data_dir` while it accepts connections, else None.

    Takes no lock and starts nothing: for a program that joins a running server. Raises
    EmbeddedPostgresError when it may not look into `data_dir`.
    """
    with _explained(data_dir):
        if not data_dir.is_dir():
            return None
        postmaster = find_postmaster(home_of(data_dir.resolve()) / CLUSTER)
    return _dsn(Path(postmaster.socket_directory)) if postmaster and postmaster.status == READY else None


def holds_database(data_dir: Path) -> bool:
    """Whether `data_dir` has, or names, a cluster that was made before; raises as `running_dsn` does."""
    with _explained(data_dir):
        return data_dir.is_dir() and (home_of(data_dir.resolve()) / CLUSTER).exists()


class EmbeddedPostgres:
    """The PostgreSQL of one data directory; only the supervisor has one, workers get its DSN.

    Between start() and stop() it holds the lock of the data directory. All methods are safe to call
    from several threads. Usable as a context manager: start() on entry, stop() on exit.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        shared: Path = SHARED,
        recovery_seconds: float = 600.0,
        connections: int = 0,
    ) -> None:
        """Start nothing yet.

        `data_dir` is RAAS_DATA_DIR, made when absent; `shared` is the directory for files that
        PostgreSQL cannot reach in place, if root starts it. A start waits up to `recovery_seconds` for
        crash recovery, and PostgreSQL allows at least `connections`.
        """
        self._data_dir = data_dir
        self._shared = shared
        self._recovery_seconds = recovery_seconds
        self._connections = connections
        self._one_at_a_time = threading.Lock()
        self._stop_asked = threading.Event()
        self._locks = ExitStack()
        self._home: Path | None = None
        self._postmaster: Postmaster | None = None
        self._watchdog: Watchdog | None = None
        self._restarts: Restarts | None = None

    def start(self) -> str:
        """Start PostgreSQL and return the DSN of the database `raas`, which then accepts connections.

        A new data directory gets a new cluster. A PostgreSQL that a killed server left running is adopted;
        leftovers of a crash are cleared away, and the start waits for recovery. Raises DataDirectoryInUse
        when another server holds the directory, OtherMajorVersion, StartCancelled, and EmbeddedPostgresError
        for everything else; nothing is held then.
        """
        with self._one_at_a_time:
            if self._home is not None:
                raise RuntimeError("already started")
            with ExitStack() as locks, _explained(self._data_dir):
                locks.callback(self._stop_asked.clear)
                data_dir = make_data_directory(self._data_dir)
                locks.enter_context(held(data_dir, self._stop_asked))
                home = self._settle(data_dir, locks)
                self._postmaster = self._bring_up(home)
                self._home = home
                self._restarts = Restarts(home / CLUSTER)
                self._locks = locks.pop_all()
            self._watch()
            return _dsn(Path(self._postmaster.socket_directory))

    def ensure_running(self) -> bool:
        """Start PostgreSQL again if it died, on the same DSN; returns whether it did.

        Cheap while it lives: the supervisor calls it every second or so. After a start that failed, and on
        a full disk, it pauses (see Restarts). Raises as start() does.
        """
        with self._one_at_a_time:
            if self._home is None or self._postmaster is None or self._restarts is None:
                raise RuntimeError("not started")
            if self._postmaster.lives():
                return False
            if not self._restarts.is_due():
                return False
            _log.warning("the embedded PostgreSQL died; starting it again")
            try:
                with _explained(self._data_dir):
                    self._postmaster = self._bring_up(self._home)
            except EmbeddedPostgresError:
                self._restarts.failed()
                raise
            self._restarts.started()
            self._watch()
            return True

    def cancel_start(self) -> None:
        """Make a start() or ensure_running() in progress end soon with StartCancelled.

        Safe to call from a signal handler: takes no lock.
        """
        self._stop_asked.set()

    def stop(self, deadline: float = 30.0) -> None:
        """Stop PostgreSQL, adopted or started, and release the data directory; does nothing if not started.

        A fast shutdown ends the sessions and writes a checkpoint. After `deadline` seconds, or at once if
        PostgreSQL is recovering, it is an immediate shutdown, and the next start recovers.
        """
        self._stop_asked.set()
        with self._one_at_a_time, self._locks:
            if self._home is None:
                self._stop_asked.clear()
                return
            home, self._home, self._postmaster = self._home, None, None
            self._dismiss_watchdog()
            postmaster = find_postmaster(home / CLUSTER)
            if postmaster is None:
                clear_away(home / CLUSTER)
            else:
                end_postmaster(postmaster, home / CLUSTER, deadline if _answers(postmaster) else None)
            remove_short_socket_directory(home)

    @property
    def dsn(self) -> str:
        """The DSN of the database `raas`, as returned by start()."""
        if self._postmaster is None:
            raise RuntimeError("not started")
        return _dsn(Path(self._postmaster.socket_directory))

    @property
    def pid(self) -> int:
        """The process number of the postmaster."""
        if self._postmaster is None:
            raise RuntimeError("not started")
        return self._postmaster.process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _watch(self) -> None:
        """Have a watchdog watch over the PostgreSQL that runs now."""
        assert self._home is not None
        self._dismiss_watchdog()
        try:
            self._watchdog = Watchdog(self.pid, self._home / LOCK)
        except OSError as error:
            _log.warning("no watchdog over PostgreSQL: %s", error)

    def _dismiss_watchdog(self) -> None:
        if self._watchdog is not None:
            self._watchdog.dismiss()
            self._watchdog = None

    def _settle(self, data_dir: Path, locks: ExitStack) -> Path:
        """The directory of the cluster, with the cluster in it; locked too when it is not `data_dir`."""
        home = home_of(data_dir)
        if not (home / CLUSTER).exists() and home == data_dir:
            home = new_home(data_dir, account_for(home / CLUSTER), self._shared)
        if home != data_dir:
            locks.enter_context(held(home, self._stop_asked))  # a copied data directory names the same one
        cluster = home / CLUSTER
        account = account_for(cluster)
        if cluster.exists():
            check_version(cluster)
        if not opened(home, account):
            raise EmbeddedPostgresError(
                f"The database in {cluster} belongs to the user {account.name}, who cannot reach it: "
                "move RAAS_DATA_DIR to a directory that user may enter."
            )
        if not cluster.exists():
            self._raise_if_cancelled()
            create_cluster(cluster, find_binaries(account, self._shared), account)
            self._raise_if_cancelled()
        return home

    def _raise_if_cancelled(self) -> None:
        if self._stop_asked.is_set():
            raise StartCancelled

    def _bring_up(self, home: Path) -> Postmaster:
        """The postmaster of `home`, adopted or started, once it accepts connections."""
        cluster = home / CLUSTER
        account = account_for(cluster)
        sockets = socket_directory(home, account)
        deadline = time.monotonic() + self._recovery_seconds
        attempts = 0
        while True:
            postmaster = find_postmaster(cluster)
            if postmaster is None:
                if attempts == START_ATTEMPTS:
                    raise EmbeddedPostgresError(
                        f"PostgreSQL ended {attempts} times while it was starting; see {cluster}/log."
                    )
                attempts += 1
                launch(cluster, account, sockets, self._shared, self._connections)
            elif postmaster.status == STOPPING or postmaster.socket_directory not in ("", str(sockets)):
                # It is stopping already, or its directory was moved: it cannot be adopted.
                end_postmaster(postmaster, cluster, deadline=30.0)
            elif postmaster.status == READY and _answers(postmaster):
                if attempts == 0:
                    _log.info("adopted the running PostgreSQL, process %d", postmaster.process.pid)
                return postmaster
            elif time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"PostgreSQL did not accept connections within {self._recovery_seconds:g} seconds; "
                    f"it may still be recovering, and the next start waits again. See {cluster}/log."
                )
            if self._stop_asked.wait(POLL_SECONDS):
                # The one that was found above, or launched since.
                postmaster = find_postmaster(cluster)
                if postmaster is None:
                    clear_away(cluster, patience=0.0)
                else:
                    end_postmaster(postmaster, cluster, deadline=None)
                raise StartCancelled


@contextmanager
def _explained(data_dir: Path) -> Iterator[None]:
    """Turn an error of the system (no permission, no space) into a sentence for the operator."""
    try:
        yield
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The embedded PostgreSQL of {data_dir} cannot be used: {error}."
        ) from error


def _answers(postmaster: Postmaster) -> bool:
    """Whether it accepts new sessions now; a recovering one does not."""
    return PGconn.ping(f"{_dsn(Path(postmaster.socket_directory))}&connect_timeout=2".encode()) == Ping.OK


def _dsn(sockets: Path) -> str:
    return f"postgresql://raas@/raas?host={quote(str(sockets))}&port=5432"
