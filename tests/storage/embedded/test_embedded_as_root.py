"""The embedded PostgreSQL started by root runs as another user, who alone can reach its files."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from raas.storage.embedded import DataDirectoryInUse, EmbeddedPostgres, EmbeddedPostgresError, running_dsn
from raas.storage.embedded.account import OF_ROOT, Account, account_for
from raas.storage.embedded.binaries import PACKAGE, find_binaries
from tests.storage.embedded.conftest import Server
from tests.storage.embedded.kept import rows, write
from tests.storage.embedded.test_embedded_start import socket_path

pytestmark = [pytest.mark.faults, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A data directory that does not exist yet, below a directory only root may enter."""
    directory = tmp_path / "closed"
    directory.mkdir(mode=0o700)
    return directory / "var"


def stranger() -> Account:
    """A user who is neither root nor the one PostgreSQL runs as."""
    own = account_for(Path("/nowhere/postgresql")).name
    entry = next(pwd.getpwnam(name) for name in ("daemon", "bin", "nobody") if name != own)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_postgres_runs_as_an_unprivileged_user_in_place(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as postgres:
        process = psutil.Process(postgres.pid)
        user, groups = process.username(), process.uids()
        descriptors = [file.path for file in process.open_files()]
        assert (mode(data_dir), data_dir.stat().st_uid) == (0o710, 0)
        assert mode(data_dir / "postgresql") == 0o700
        assert mode(socket_path(postgres.dsn).parent) == 0o700
    assert user in OF_ROOT
    assert 0 not in groups
    assert str(data_dir / "lock") not in descriptors


def test_other_users_cannot_connect(used: Path, shared: Path) -> None:
    with EmbeddedPostgres(used) as postgres:
        psql = find_binaries(account_for(used / "postgresql"), shared) / "psql"
        # First the directory keeps others out; behind it, PostgreSQL itself.
        used.chmod(0o755)
        status, said = stranger().run([psql, postgres.dsn, "-c", "select * from kept"])
        assert (status, "Permission denied" in said) == (2, True)
        socket_path(postgres.dsn).parent.chmod(0o755)
        socket_path(postgres.dsn).chmod(0o777)
        for role in ("raas", "postgres"):
            dsn = postgres.dsn.replace("//raas@", f"//{role}@")
            status, said = stranger().run([psql, dsn, "-c", "select * from kept"])
            assert (status, "Peer authentication failed" in said) == (2, True)
        socket_path(postgres.dsn).parent.chmod(0o700)


def test_database_of_an_unreachable_directory_lies_elsewhere(
    closed: Path, shared: Path, serve: Callable[[Path], Server]
) -> None:
    with EmbeddedPostgres(closed, shared=shared) as postgres:
        write(postgres.dsn, "first")
        assert running_dsn(closed) == postgres.dsn
        assert socket_path(postgres.dsn).is_relative_to(shared)
        with pytest.raises(DataDirectoryInUse):
            EmbeddedPostgres(closed, shared=shared).start()
    assert running_dsn(closed) is None
    (home,) = shared.glob("database-*")
    assert [mode(shared), mode(home), mode(home / "postgresql")] == [0o711, 0o710, 0o700]
    assert (closed / "elsewhere").read_text() == f"{home}\n"
    server = serve(closed)
    dsn = server.said()
    server.kill()
    with EmbeddedPostgres(closed, shared=shared) as postgres:
        assert (postgres.dsn, rows(postgres.dsn)) == (dsn, ["first"])


def test_copied_directory_cannot_open_the_same_database(closed: Path, shared: Path) -> None:
    with EmbeddedPostgres(closed, shared=shared):
        copy = closed.with_name("copy")
        subprocess.run(["cp", "-a", closed, copy], check=True)
        with pytest.raises(DataDirectoryInUse) as refused:
            EmbeddedPostgres(copy, shared=shared).start()
    assert refused.value.pid == os.getpid()


def test_missing_database_elsewhere_is_not_replaced(closed: Path, shared: Path) -> None:
    with EmbeddedPostgres(closed, shared=shared):
        (home,) = shared.glob("database-*")
    home.rename(home.with_name("away"))
    with pytest.raises(EmbeddedPostgresError, match="which is gone"):
        EmbeddedPostgres(closed, shared=shared).start()
    assert list(shared.glob("database-*")) == []


def test_used_directory_moved_out_of_reach_is_refused(used: Path, closed: Path) -> None:
    subprocess.run(["cp", "-a", used, closed], check=True)
    with pytest.raises(EmbeddedPostgresError, match="cannot reach it"):
        EmbeddedPostgres(closed).start()


@pytest.mark.parametrize("owned_by_another", [True, False])
def test_shared_directory_that_others_can_write_is_refused(
    closed: Path, shared: Path, owned_by_another: bool
) -> None:
    shared.mkdir()
    if owned_by_another:
        os.chown(shared, stranger().uid, -1)
    else:
        shared.chmod(0o777)
    with pytest.raises(EmbeddedPostgresError, match="find out who made it"):
        EmbeddedPostgres(closed, shared=shared).start()
    assert list(shared.iterdir()) == []


def test_socket_directory_of_another_user_is_not_used(
    filled: Path, ground: Path, clean_up: Callable[[Path], Path]
) -> None:
    data_dir = clean_up(ground / ("long" * 30))
    subprocess.run(["cp", "-a", filled, data_dir], check=True)
    taken = ground / "taken"
    taken.mkdir(mode=0o700)
    os.chown(taken, stranger().uid, -1)
    (data_dir / "socket-link").symlink_to(taken)
    with EmbeddedPostgres(data_dir) as postgres:
        assert socket_path(postgres.dsn).parent != taken
        assert rows(postgres.dsn) == ["first"]
    assert taken.exists()


def test_programs_out_of_reach_are_copied_once(
    used: Path, shared: Path, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = find_binaries(account_for(used / "postgresql"), shared).parents[1]
    if not installed.is_relative_to(shared):  # else this machine's own are out of reach already
        closed.mkdir()
        for part in (PACKAGE, f"{PACKAGE}.libs"):
            (closed / part).symlink_to(installed.with_name(part))
        monkeypatch.syspath_prepend(str(closed))
    (shared / "postgresql-copying").mkdir(parents=True)  # left by a copy that was killed
    for _ in range(2):
        with EmbeddedPostgres(used, shared=shared) as postgres:
            program = Path(psutil.Process(postgres.pid).exe())
            assert rows(postgres.dsn) == ["first"]
        assert program.is_relative_to(shared)
    (copy,) = shared.glob("postgresql-*[0-9]")
    loose = [path for path in (copy, *copy.rglob("*")) if path.stat().st_uid != 0 or mode(path) & 0o022]
    assert loose == []


def test_cluster_of_root_is_refused(used: Path) -> None:
    os.chown(used / "postgresql", 0, 0)
    with pytest.raises(EmbeddedPostgresError, match="belongs to root"):
        EmbeddedPostgres(used).start()


JOINING = """
import os, sys
from pathlib import Path
from raas.storage.embedded import EmbeddedPostgresError, running_dsn

os.setuid(int(sys.argv[2]))
try:
    running_dsn(Path(sys.argv[1]))
except EmbeddedPostgresError as error:
    print(error)
"""


def test_other_user_cannot_ask_whether_it_runs(used: Path) -> None:
    command = [sys.executable, "-c", JOINING, str(used), str(stranger().uid)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"The embedded PostgreSQL of {used} cannot be used: [Errno 13] Permission denied")


AS_SOMEBODY = """
import os, sys
from pathlib import Path
import psycopg
from raas.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError

os.setgroups([])
os.setgid(int(sys.argv[3]))
os.setuid(int(sys.argv[2]))
try:
    with EmbeddedPostgres(Path(sys.argv[1])) as postgres, psycopg.connect(postgres.dsn) as connection:
        print(connection.execute("select current_user").fetchone()[0])
except EmbeddedPostgresError as error:
    print(error)
"""


def test_without_root_postgres_runs_as_the_user_that_starts_it(
    used: Path, ground: Path, clean_up: Callable[[Path], Path]
) -> None:
    somebody = stranger()
    own = clean_up(ground / "own")
    own.mkdir(mode=0o700)
    answers = []
    for data_dir in (own, used):
        os.chown(data_dir, somebody.uid, somebody.gid)
        command = [sys.executable, "-c", AS_SOMEBODY, str(data_dir), str(somebody.uid), str(somebody.gid)]
        (data_dir / "lock").unlink(missing_ok=True)
        answers.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert answers[0] == "raas\n"
    assert "belongs to the user number" in answers[1]
    assert (own / "postgresql").stat().st_uid == somebody.uid
    with EmbeddedPostgres(own) as postgres:  # root joins in
        assert psutil.Process(postgres.pid).username() == somebody.name
