"""The processes of a cluster: find the postmaster, end it, and clear leftovers away.

Every process of an embedded PostgreSQL carries the cluster's name: the postmaster among its
arguments, its children in their titles. Both can be read without privileges over the process
(root in a container has none), so neither a reused process id nor another server is mistaken for ours.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from raas.storage.embedded.errors import EmbeddedPostgresError

POSTGRES = "postgres"
READY = "ready"
STOPPING = "stopping"
POLL_SECONDS = 0.01

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The first process of a running PostgreSQL, as its file postmaster.pid describes it.

    `status` is starting, ready or stopping; both it and `socket_directory` are "" until
    PostgreSQL has written them.
    """

    process: psutil.Process
    socket_directory: str
    status: str

    def lives(self) -> bool:
        """Whether the process still runs (a zombie does not)."""
        return _lives(self.process)


def cluster_name(cluster: Path) -> str:
    """The name in the command lines of the processes of `cluster`: it stays when the directory is moved.

    It ends in a dot, so that no name is the beginning of another. Raises FileNotFoundError when there
    is no such directory.
    """
    directory = cluster.stat()
    return f"raas-{directory.st_dev:x}-{directory.st_ino:x}."


def find_postmaster(cluster: Path) -> Postmaster | None:
    """The living postmaster of `cluster`; None if there is none, also with stale files."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        if not _belongs(process, cluster_name(cluster)) or not _lives(process):
            return None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    lines += [""] * 8
    return Postmaster(process, socket_directory=lines[4].strip(), status=lines[7].strip())


def end_postmaster(postmaster: Postmaster, cluster: Path, deadline: float | None) -> None:
    """End a PostgreSQL and wait until it is gone.

    A fast shutdown ends the sessions and writes a checkpoint. After `deadline` seconds (None = at once) an
    immediate shutdown follows, from which the next start recovers; after ten more seconds, SIGKILL.
    """
    # A fast shutdown during the recovery from a crashed session never ends (18.4).
    orders = (
        [(signal.SIGQUIT, 10.0)] if deadline is None else [(signal.SIGINT, deadline), (signal.SIGQUIT, 10.0)]
    )
    for order, seconds in orders:
        with suppress(psutil.NoSuchProcess):
            postmaster.process.send_signal(order)
        if _await(lambda: not postmaster.lives(), seconds):
            return
    end_at_once([postmaster.process])
    clear_away(cluster, patience=0.0)


def clear_away(cluster: Path, patience: float = 2.0) -> None:
    """Clear away the leftovers of a dead postmaster of `cluster`: its children and its postmaster.pid.

    The children end by themselves when they notice the death. Those that do not within `patience` seconds,
    because of a long statement, are killed: a new postmaster must not start beside them. No committed
    transaction is lost. Does nothing if a postmaster lives after all (it was just starting). Raises
    EmbeddedPostgresError when a process cannot be killed.
    """
    name = cluster_name(cluster)
    orphans = [process for process in psutil.process_iter() if _belongs(process, name)]
    _await(lambda: not any(map(_lives, orphans)) or find_postmaster(cluster) is not None, patience)
    if find_postmaster(cluster) is not None:
        return
    end_at_once(orphans)
    _remove_stale_number(cluster)


def _remove_stale_number(cluster: Path) -> None:
    """Remove postmaster.pid where no PostgreSQL owns it and PostgreSQL itself would refuse to start.

    PostgreSQL removes a stale number itself, but not while a process has that number: a zombie, or a process
    that got the number since. Nor does it start on a file that a crash left empty or damaged. A postgres
    that somebody started by hand keeps its file.
    """
    pid_file = cluster / "postmaster.pid"
    try:
        process = psutil.Process(_positive(pid_file.read_text().splitlines()[0]))
    except FileNotFoundError:
        return
    except (ValueError, IndexError, OverflowError):
        if not any(_works_in(process, cluster) for process in psutil.process_iter()):
            _log.warning("removing %s, which a crash left damaged", pid_file)
            pid_file.unlink()
        return
    except psutil.Error:
        return
    with suppress(psutil.Error):
        if not _lives(process) or process.name() != POSTGRES or _belongs(process, "raas-"):
            pid_file.unlink()


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError("no process number")
    return number


def _works_in(process: psutil.Process, cluster: Path) -> bool:
    """Whether `process` is a postgres in `cluster`, where each of them has its working directory."""
    try:
        return process.name() == POSTGRES and Path(process.cwd()) == cluster
    except psutil.Error:
        return False


def end_at_once(processes: Iterable[psutil.Process]) -> None:
    """Kill `processes` and wait until they are gone; raises EmbeddedPostgresError when one stays."""
    victims = list(processes)
    for process in victims:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if not _await(lambda: not any(map(_lives, victims)), 10.0):
        raise EmbeddedPostgresError("A process of an earlier PostgreSQL cannot be killed; see `ps`.")


def _belongs(process: psutil.Process, name: str) -> bool:
    """Whether `process` is a postgres, postmaster or child, of a cluster whose name begins with `name`."""
    try:
        command = " ".join(process.cmdline()) if process.name() == POSTGRES else ""
    except psutil.Error:
        return False
    return f" cluster_name={name}" in command or command.startswith(f"postgres: {name}")


def _lives(process: psutil.Process) -> bool:
    # If RaaS is process 1 of a container, orphans become its children: reap the dead one.
    with suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _await(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until `condition` holds, for at most `seconds`; returns whether it does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
