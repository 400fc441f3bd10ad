"""Starting, joining and stopping the embedded PostgreSQL without faults, and refused starts."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import psutil
import psycopg
import pytest

from raas.storage.embedded import (
    DataDirectoryInUse,
    EmbeddedPostgres,
    EmbeddedPostgresError,
    OtherMajorVersion,
    running_dsn,
)
from raas.storage.embedded.account import account_for
from raas.storage.embedded.binaries import find_binaries
from raas.storage.embedded.postmaster import find_postmaster
from tests.storage.embedded.conftest import Server
from tests.storage.embedded.kept import log_text, rows, wait_until, write

pytestmark = pytest.mark.faults


FICTITIOUS_NISS = "85670512309"


def socket_path(dsn: str) -> Path:
    return Path(unquote(dsn.partition("host=")[2].partition("&")[0]), ".s.PGSQL.5432")


def test_new_directory_gets_a_private_database_without_tcp(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as postgres:
        dsn = postgres.dsn
        with psycopg.connect(dsn) as connection:
            answer = connection.execute(
                """select current_user, current_database(), pg_encoding_to_char(encoding), datlocale,
                          current_setting('is_superuser'), current_setting('listen_addresses'),
                          current_setting('fsync'), current_setting('synchronous_commit'),
                          current_setting('full_page_writes'), current_setting('timezone')
                     from pg_database where datname = current_database()"""
            ).fetchone()
        listening = psutil.Process(postgres.pid).net_connections("tcp")
        modes = [path.stat().st_mode & 0o077 for path in (data_dir / "postgresql", socket_path(dsn).parent)]
    assert answer == ("raas", "raas", "UTF8", "C.UTF-8", "off", "", "on", "on", "on", "UTC")
    assert listening == []
    assert modes == [0, 0]
    assert data_dir.stat().st_mode & 0o007 == 0


def test_rows_survive_an_orderly_stop(used: Path) -> None:
    with EmbeddedPostgres(used) as postgres:
        write(postgres.dsn, "second")
        assert find_postmaster(used / "postgresql") is not None
    assert find_postmaster(used / "postgresql") is None
    with EmbeddedPostgres(used) as postgres:
        assert rows(postgres.dsn) == ["first", "second"]


def test_stop_ends_open_sessions(used: Path) -> None:
    postgres = EmbeddedPostgres(used)
    with psycopg.connect(postgres.start()) as connection:
        connection.execute("insert into kept values ('never committed')")
        postgres.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with postgres:
        assert rows(postgres.dsn) == ["first"]


def test_second_server_is_refused_with_the_holder_of_the_directory(
    used: Path, serve: Callable[[Path], Server]
) -> None:
    first = serve(used)
    first.said()
    with pytest.raises(DataDirectoryInUse) as refused:
        EmbeddedPostgres(used).start()
    assert (refused.value.directory, refused.value.pid) == (used, first.process.pid)
    assert str(used) in str(refused.value)
    assert str(first.process.pid) in str(refused.value)


def test_directory_is_free_after_stop_and_after_a_failed_start(used: Path) -> None:
    version = used / "postgresql" / "PG_VERSION"
    version.rename(version.with_name("away"))
    with pytest.raises(EmbeddedPostgresError, match="is not a database"):
        EmbeddedPostgres(used).start()
    version.with_name("away").rename(version)
    for _ in range(2):
        with EmbeddedPostgres(used) as postgres:
            assert rows(postgres.dsn) == ["first"]


def test_impossible_data_directory_is_refused(ground: Path) -> None:
    file = ground / "var"
    file.touch()
    for impossible in (file, file / "below"):
        with pytest.raises(EmbeddedPostgresError, match=str(file)):
            EmbeddedPostgres(impossible).start()


def test_dsn_is_available_only_while_postgres_runs(used: Path, serve: Callable[[Path], Server]) -> None:
    assert running_dsn(used.with_name("absent")) is None
    assert running_dsn(used) is None
    server = serve(used)
    dsn = server.said()
    assert running_dsn(used) == dsn
    server.kill()
    assert running_dsn(used) == dsn  # PostgreSQL outlives its server
    assert rows(dsn) == ["first"]
    with EmbeddedPostgres(used):
        pass
    assert running_dsn(used) is None


def test_directory_of_another_major_version_is_refused_unchanged(data_dir: Path, shared: Path) -> None:
    cluster = data_dir / "postgresql"
    account = account_for(cluster)
    binaries = find_binaries(account, shared)
    initdb = binaries.parents[1] / "pginstall" / "bin" / "initdb"  # the wheel carries PostgreSQL 16 too
    data_dir.mkdir()
    cluster.mkdir(mode=0o700)
    os.chown(cluster, account.uid, account.gid)
    assert account.run([initdb, "-D", cluster, "--no-sync"])[0] == 0
    before = sorted(path.relative_to(cluster) for path in cluster.rglob("*"))
    with pytest.raises(OtherMajorVersion) as refused:
        EmbeddedPostgres(data_dir).start()
    assert (refused.value.cluster, refused.value.found, refused.value.carried) == (cluster, "16", 18)
    for part in (str(cluster), "PostgreSQL 16", "PostgreSQL 18", "RAAS_DATABASE_URL"):
        assert part in str(refused.value)
    assert sorted(path.relative_to(cluster) for path in cluster.rglob("*")) == before


def test_path_too_long_for_a_socket_gets_a_short_one(
    filled: Path, ground: Path, clean_up: Callable[[Path], Path]
) -> None:
    data_dir = clean_up(ground / ("long" * 30) / "with, a 'comma'")
    data_dir.parent.mkdir()
    subprocess.run(["cp", "-a", filled, data_dir], check=True)
    with EmbeddedPostgres(data_dir) as postgres:
        short = socket_path(postgres.dsn)
        assert len(os.fsencode(short)) <= 100
        assert short.parent.stat().st_mode & 0o777 == 0o700
        assert rows(postgres.dsn) == ["first"]
        assert running_dsn(data_dir) == postgres.dsn
    assert not short.parent.exists()


def test_path_may_contain_special_characters(
    filled: Path, ground: Path, clean_up: Callable[[Path], Path]
) -> None:
    data_dir = clean_up(ground / "a $HOME+é% b")
    subprocess.run(["cp", "-a", filled, data_dir], check=True)
    with EmbeddedPostgres(data_dir) as postgres:
        assert socket_path(postgres.dsn).parent.parent == data_dir
        assert rows(postgres.dsn) == ["first"]


def test_log_contains_no_value_of_a_statement(used: Path) -> None:
    with EmbeddedPostgres(used) as postgres:
        with psycopg.connect(postgres.dsn, autocommit=True) as connection:
            connection.execute("create table person (niss text primary key)")
            connection.execute("insert into person values (%s)", [FICTITIOUS_NISS])
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("insert into person values (%s)", [FICTITIOUS_NISS])
            with pytest.raises(psycopg.errors.InvalidDatetimeFormat):
                connection.execute(f"select '{FICTITIOUS_NISS} of no year'::date")
            backend = connection.info.backend_pid
            with psycopg.connect(postgres.dsn, autocommit=True) as other:
                other.execute("select pg_sleep(0)")
            killed_in = f"select pg_sleep(60), {FICTITIOUS_NISS}"
            os.kill(backend, signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                connection.execute(killed_in)
        wait_until(lambda: "reinitializing" in log_text(used))
    assert FICTITIOUS_NISS not in log_text(used)
    assert find_postmaster(used / "postgresql") is None
