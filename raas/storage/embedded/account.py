"""The user of the operating system that PostgreSQL runs as.

PostgreSQL refuses to run as root. Started by root, RaaS runs it as the owner of the cluster; a new
cluster belongs to the first of the users `raas`, `postgres`, `nobody` that this machine has (give
it a user `raas` to have the database files to itself). Started by anybody else, PostgreSQL runs as
that user.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from raas.storage.embedded.errors import EmbeddedPostgresError

OF_ROOT = ("raas", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system: name, number and main group."""

    name: str
    uid: int
    gid: int

    def run(
        self, command: Sequence[str | Path], *, cluster: Path | None = None, text: str = ""
    ) -> tuple[int, str]:
        """Run `command` as this user, with `text` as its input; answer its exit status and all it said.

        Its environment is bare (the caller's PG* variables would change what PostgreSQL does) except
        for PGDATA = `cluster`. What it leaves running inherits no descriptor but an unnamed file.
        """
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        if cluster is not None:
            environment["PGDATA"] = str(cluster)
        root = os.geteuid() == 0
        # Files, not pipes: a daemon keeps its output open, and a pipe would then never end.
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as heard:
            heard.write(text.encode())
            heard.seek(0)
            status = subprocess.run(  # noqa: S603 - only programs of our own choice, without a shell
                [str(part) for part in command],
                stdin=heard,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment,
                umask=0o077,
                user=self.uid if root else None,
                group=self.gid if root else None,
                extra_groups=[] if root else None,
                check=False,
            ).returncode
            said.seek(0)
            return status, said.read().decode(errors="replace").strip()

    def can_run(self, program: Path) -> bool:
        """Whether this user may run `program`, asked of the system by `program --version`."""
        try:
            return self.run([program, "--version"])[0] == 0
        except OSError:
            return False

    def can_enter(self, directory: Path) -> bool:
        """Whether this user may enter `directory`, asked of the system by entering it."""
        try:
            return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", directory])[0] == 0
        except OSError:
            return False


def account_for(cluster: Path) -> Account:
    """The user PostgreSQL runs as on `cluster`, which need not exist yet.

    Raises EmbeddedPostgresError when the cluster belongs to a user this process cannot become, when
    it belongs to root, and when the user has no name (initdb needs one).
    """
    own = os.geteuid()
    if not cluster.exists():
        return _account(own) if own != 0 else _account_of_root()
    owner = cluster.stat().st_uid
    if owner == 0:
        raise EmbeddedPostgresError(
            f"The database in {cluster} belongs to root, and PostgreSQL does not run as root: "
            f"give it to a user (chown -R {_account_of_root().name} {cluster})."
        )
    if own not in (0, owner):
        raise EmbeddedPostgresError(
            f"The database in {cluster} belongs to the user number {owner}: "
            "start RaaS as that user or as root."
        )
    return _account(owner)


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedPostgresError(
            f"The user number {uid} has no name on this machine, and PostgreSQL needs one: "
            "add it to /etc/passwd, or name another database in RAAS_DATABASE_URL."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _account_of_root() -> Account:
    for name in OF_ROOT:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and this machine has none of the users {', '.join(OF_ROOT)}: "
        "create one, start RaaS as another user, or name another database in RAAS_DATABASE_URL."
    )
