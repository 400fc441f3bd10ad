"""The watchdog: PostgreSQL does not outlive a supervisor that was killed and has no successor."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

import psutil
import pytest

from raas.storage.embedded import EmbeddedPostgres, StartCancelled
from raas.storage.embedded.place import ENDING, held
from raas.storage.embedded.postmaster import find_postmaster
from raas.storage.embedded.watchdog import ADOPTION_SECONDS
from tests.storage.embedded.conftest import Server
from tests.storage.embedded.kept import log_text, rows, wait_until, write
from tests.storage.embedded.test_embedded_crashes import kill_postgres, processes_of

pytestmark = pytest.mark.faults


def watchdogs(of: psutil.Process) -> list[psutil.Process]:
    return [child for child in of.children() if "pidfd_open" in command_of(child)]


def command_of(process: psutil.Process) -> str:
    """The command line of a process: none for a moment when it has just begun, none once it has ended."""
    with suppress(psutil.NoSuchProcess):
        wait_until(lambda: process.cmdline() != [] or process.status() == psutil.STATUS_ZOMBIE)
        return " ".join(process.cmdline())
    return ""


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGABRT])
def test_postgres_of_a_dead_supervisor_is_ended_in_order(
    used: Path, serve: Callable[[Path], Server], death: signal.Signals
) -> None:
    server = serve(used)
    write(server.said(), "second")
    (watchdog,) = watchdogs(psutil.Process(server.process.pid))
    server.process.send_signal(death)
    server.process.communicate()
    wait_until(lambda: processes_of(used) == [], ADOPTION_SECONDS + 60)
    wait_until(lambda: not watchdog.is_running() or watchdog.status() == psutil.STATUS_ZOMBIE)
    assert log_text(used).count("received fast shutdown request") == 2  # the first one made `used`
    with EmbeddedPostgres(used) as postgres:
        assert rows(postgres.dsn) == ["first", "second"]
    assert "automatic recovery in progress" not in log_text(used)


def test_postgres_survives_when_a_new_supervisor_adopts_it(
    used: Path, serve: Callable[[Path], Server]
) -> None:
    server = serve(used)
    dsn, pid = server.said(), int(server.said())
    (watchdog,) = watchdogs(psutil.Process(server.process.pid))
    server.kill()
    with EmbeddedPostgres(used) as postgres:
        wait_until(
            lambda: not watchdog.is_running() or watchdog.status() == psutil.STATUS_ZOMBIE,
            ADOPTION_SECONDS + 60,
        )
        assert (postgres.dsn, postgres.pid) == (dsn, pid)
        assert rows(dsn) == ["first"]


def test_new_supervisor_waits_for_a_postgres_that_the_watchdog_ends(
    used: Path, serve: Callable[[Path], Server]
) -> None:
    server = serve(used)
    _, pid = server.said(), int(server.said())
    postmaster = find_postmaster(used / "postgresql")
    assert postmaster is not None
    postmaster.process.suspend()
    server.kill()
    lock = used / "lock"
    wait_until(lambda: lock.read_bytes() == ENDING, ADOPTION_SECONDS + 60)
    postgres = EmbeddedPostgres(used)
    with ThreadPoolExecutor(1) as threads:
        starting = threads.submit(postgres.start)
        # Were it not for the lock, it would find the cluster ready and adopt it.
        with pytest.raises(TimeoutError):
            starting.result(1)
        assert lock.read_bytes() == ENDING
        postmaster.process.resume()
        starting.result(120)
    try:
        assert postgres.pid != pid
        assert lock.read_bytes() == b"%d\n" % os.getpid()
        assert rows(postgres.dsn) == ["first"]
    finally:
        postgres.stop()


def test_start_that_waits_for_a_watchdog_can_be_cancelled(used: Path) -> None:
    postgres = EmbeddedPostgres(used)
    with ThreadPoolExecutor(1) as threads, held(used, Event()):
        (used / "lock").write_bytes(ENDING)
        starting = threads.submit(postgres.start)
        with pytest.raises(TimeoutError):
            starting.result(0.5)
        postgres.cancel_start()
        with pytest.raises(StartCancelled):
            starting.result(60)


def test_supervisor_starts_although_a_watchdog_looks_at_the_lock(used: Path) -> None:
    """A watchdog holds the lock for an instant when it looks whether a supervisor does."""
    postgres = EmbeddedPostgres(used)
    with ThreadPoolExecutor(1) as threads:
        with held(used, Event()):
            starting = threads.submit(postgres.start)
            with suppress(TimeoutError):
                starting.result(0.02)
        starting.result(120)
    try:
        assert rows(postgres.dsn) == ["first"]
    finally:
        postgres.stop()


def test_one_watchdog_watches_over_the_postgres_that_runs(used: Path) -> None:
    postgres = EmbeddedPostgres(used)
    own = psutil.Process()
    before = watchdogs(own)
    postgres.start()
    (first,) = [each for each in watchdogs(own) if each not in before]
    assert str(postgres.pid) in first.cmdline()
    kill_postgres(used)
    assert postgres.ensure_running() is True
    (second,) = [each for each in watchdogs(own) if each not in before]
    assert str(postgres.pid) in second.cmdline()
    postgres.stop()
    assert watchdogs(own) == before
    assert find_postmaster(used / "postgresql") is None


def test_watchdog_of_a_stopped_process_leaves_other_processes_alone(
    used: Path, serve: Callable[[Path], Server]
) -> None:
    server = serve(used)
    server.said()
    (watchdog,) = watchdogs(psutil.Process(server.process.pid))
    kill_postgres(used)
    server.kill()
    wait_until(lambda: not watchdog.is_running() or watchdog.status() == psutil.STATUS_ZOMBIE)
    wait_until(lambda: processes_of(used) == [])
