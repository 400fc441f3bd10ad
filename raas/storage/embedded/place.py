"""The places of the cluster of a data directory and of its socket, and the lock on the directory.

    RAAS_DATA_DIR/
      lock               held (flock) by the one server of this directory; contains its process id.
                         The watchdog of a dead server holds it while it ends PostgreSQL (ENDING)
      postgresql/        the cluster, readable by its user alone
      socket/            the directory of the socket, its user's alone
      socket-link        where the socket is instead, when that path is too long
      elsewhere          the path of the directory that holds the last three, when they are not here

Started by root, RaaS places them in a directory of their own below `SHARED` if the user that PostgreSQL runs
as cannot reach RAAS_DATA_DIR (below root's home, for example).
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from raas.storage.embedded.account import Account
from raas.storage.embedded.errors import DataDirectoryInUse, EmbeddedPostgresError, StartCancelled

SHARED = Path("/var/lib/raas")
"""The directory for files that the user of PostgreSQL cannot reach in place, if root starts the server. It
holds databases, so it is not below a directory for temporary files, which the system empties."""

LOCK = "lock"
ENDING = b"ending"
"""The content of the lock while a watchdog holds it, until the PostgreSQL of a dead server has ended."""
_ENDING_SECONDS = 45.0
"""More than a watchdog takes to end a PostgreSQL."""
_LOOK_SECONDS = 0.2
"""More than a watchdog holds the lock when it looks whether somebody else does."""
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # bytes; systems allow 104 to 108

_log = logging.getLogger(__name__)


def make_data_directory(data_dir: Path) -> Path:
    """The data directory as an absolute path, made with mode 0700 when it is not there yet."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise EmbeddedPostgresError(f"RAAS_DATA_DIR {data_dir} is not a directory.") from None
    return data_dir.resolve()


@contextmanager
def held(directory: Path, cancelled: Event) -> Iterator[None]:
    """Hold the lock of `directory`; raises DataDirectoryInUse when another server has it.

    Waits while a watchdog has it; raises StartCancelled when `cancelled` is set meanwhile. The system
    releases the lock when the holder dies, however it dies. No child inherits it: the descriptor is closed
    on exec.
    """
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        begun = time.monotonic()
        while not _locked(descriptor):
            holder = os.pread(descriptor, 20, 0).strip()
            if time.monotonic() - begun > (_ENDING_SECONDS if holder == ENDING else _LOOK_SECONDS):
                raise DataDirectoryInUse(directory, int(holder) if holder.isdigit() else None)
            if cancelled.wait(0.01):
                raise StartCancelled
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d\n" % os.getpid())
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def home_of(data_dir: Path) -> Path:
    """The directory that holds the cluster of `data_dir`: itself, or the one recorded in it.

    Raises EmbeddedPostgresError if the recorded one is gone, rather than begin with an empty database.
    """
    record = data_dir / "elsewhere"
    if not record.exists():
        return data_dir
    home = Path(record.read_text().rstrip("\n"))
    if not home.is_dir():
        raise EmbeddedPostgresError(
            f"The database of {data_dir} lay in {home}, which is gone. Put it back; "
            f"or, to begin with an empty database, remove {record}."
        )
    return home


def new_home(data_dir: Path, account: Account, shared: Path) -> Path:
    """The directory for a new cluster of `account`: `data_dir`, or else (root only) one below `shared`.

    A directory below `shared` has a unique name, which is recorded in `data_dir`.
    """
    if opened(data_dir, account):
        return data_dir
    if os.geteuid() != 0:
        raise EmbeddedPostgresError(f"The user {account.name} cannot enter {data_dir}.")
    for origin in shared_directory(shared).glob("database-*/origin"):
        if origin.read_text().rstrip("\n") == str(data_dir):
            _log.warning("%s holds an earlier database of %s; remove it if unwanted", origin.parent, data_dir)
    home = Path(tempfile.mkdtemp(prefix="database-", dir=shared))
    (home / "origin").write_text(f"{data_dir}\n")
    if not opened(home, account):
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and the user {account.name} can reach neither {data_dir} "
            f"nor {home}: set RAAS_DATA_DIR to a directory it can reach."
        )
    (data_dir / "elsewhere.new").write_text(f"{home}\n")
    (data_dir / "elsewhere.new").replace(data_dir / "elsewhere")
    _log.warning("the user %s cannot reach %s: its database is kept in %s", account.name, data_dir, home)
    return home


def opened(directory: Path, account: Account) -> bool:
    """Whether `account` can enter `directory`, opening it to the account if that is all it takes.

    A directory that only root may use is opened to the group of the account, to pass through but not to read
    (mode 0710); the files in it keep their own modes.
    """
    now = directory.stat()
    roots_alone = os.geteuid() == 0 == now.st_uid and not now.st_mode & 0o077
    if roots_alone and account.can_enter(directory.parent):
        os.chown(directory, -1, account.gid)
        directory.chmod(0o710)
    return account.can_enter(directory)


def shared_directory(shared: Path) -> Path:
    """`shared`, made when it is not there yet.

    Raises EmbeddedPostgresError when that fails, and unless root alone may write there.
    """
    try:
        if not shared.exists():
            shared.mkdir(parents=True)
            shared.chmod(0o711)
        _check_owned(shared, 0, 0o022)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and {shared}, where root would place what its user can reach, "
            f"cannot be made ({error.strerror}): set RAAS_DATA_DIR to a directory every user can reach."
        ) from None
    return shared


def socket_directory(home: Path, account: Account) -> Path:
    """The directory for the socket of the cluster in `home`: the account's alone, its path short enough.

    `home`/socket; when that is too long for a socket (or has characters the settings of PostgreSQL
    give a meaning), a fresh directory for temporary files, to which `home`/socket-link then points,
    so that the next start finds and reuses it.
    """
    direct = home / "socket"
    if _fits(direct) and not re.search(r"[\x00-\x1f,'\"\\]", str(direct)):
        if not direct.exists():
            direct.mkdir()
            os.chown(direct, account.uid, account.gid)
            direct.chmod(0o700)
        _check_owned(direct, account.uid, 0o077)
        return direct
    link = home / "socket-link"
    if link.is_symlink():
        short = link.readlink()
        try:
            _check_owned(short, account.uid, 0o077)
            return short
        except (OSError, EmbeddedPostgresError):  # removed, and perhaps made by somebody else since
            link.unlink()
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108 - made anew and private
        short = Path(tempfile.mkdtemp(prefix="raas-", dir=parent))
        os.chown(short, account.uid, account.gid)
        if _fits(short) and account.can_enter(short):
            link.symlink_to(short)
            return short
        short.rmdir()
    raise EmbeddedPostgresError(
        f"The path {direct} is too long for a socket, and no directory for temporary files will do "
        "instead: choose a shorter RAAS_DATA_DIR."
    )


def remove_short_socket_directory(home: Path) -> None:
    """Remove the directory that stands in for `home`/socket, if there is one, with the link to it."""
    link = home / "socket-link"
    if link.is_symlink():
        shutil.rmtree(link.readlink(), ignore_errors=True)
        link.unlink()


def free_bytes(directory: Path) -> int:
    """The free space on the disk of `directory`, as far as users other than root may use it."""
    now = os.statvfs(directory)
    return now.f_bavail * now.f_frsize


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory / SOCKET)) <= LONGEST_SOCKET_PATH


def _check_owned(directory: Path, uid: int, forbidden: int) -> None:
    """Raise EmbeddedPostgresError unless `directory` is of the user `uid`, without `forbidden` mode bits."""
    now = directory.lstat()
    if not stat.S_ISDIR(now.st_mode) or now.st_uid != uid or now.st_mode & forbidden:
        raise EmbeddedPostgresError(
            f"{directory} should be a directory of the user number {uid} alone, and is not: "
            "find out who made it, and remove it."
        )
