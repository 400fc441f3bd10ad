"""The user of the operating system that PostgreSQL runs as.

PostgreSQL refuses to run as root. Started by root, RaaS runs it as the owner of the cluster; a new
cluster belongs to the first of the users `raas`, `postgres`, `nobody` that this machine has (create a
user `raas` to keep other programs away from the database files). Started by anybody else, PostgreSQL
runs as that user.
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from raas.storage.embedded.errors import EmbeddedPostgresError

OF_ROOT = ("raas", "postgres", "nobody")

# A child that Popen(user=...) forks runs the fork handlers of gRPC, beside whose threads it crashes. Without
# user= the child is made by vfork, which runs none; this program then becomes the user, and the command.
_BECOME_USER = """
import os, sys
os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[1]))
try:
    os.execv(sys.argv[3], sys.argv[3:])
except OSError as error:
    sys.exit(f"{sys.argv[3]}: {error.strerror}")
"""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system: name, number and main group."""

    name: str
    uid: int
    gid: int

    def run(
        self, command: Sequence[str | Path], *, cluster: Path | None = None, text: str = ""
    ) -> tuple[int, str]:
        """Run `command`, named by its path, as this user, with `text` as its input.

        Returns its exit status and its output. Its environment is bare (the caller's PG* variables would
        change the behaviour of PostgreSQL) except for PGDATA = `cluster`. Processes that it leaves running
        inherit no descriptor but an unnamed file. Raises EmbeddedPostgresError when a signal ends it.
        """
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        if cluster is not None:
            environment["PGDATA"] = str(cluster)
        arguments = [str(part) for part in command]
        # Files, not pipes: a daemon keeps its output open, and a pipe would then never end.
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as given:
            given.write(text.encode())
            given.seek(0)
            status = subprocess.run(  # noqa: S603 - only programs of our own choice, without a shell
                [*self._become(), *arguments],
                stdin=given,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment,
                umask=0o077,
                check=False,
            ).returncode
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
        if status < 0:
            raise EmbeddedPostgresError(
                f"{arguments[0]} was ended by signal {-status}, {signal.strsignal(-status)}. {said}".rstrip()
            )
        return status, said

    def why_not_run(self, program: Path) -> str:
        """The reason why this user cannot run `program`, found by `program --version`; "" = it can."""
        try:
            status, said = self.run([program, "--version"])
        except OSError as error:
            return f"{program}: {error.strerror}"
        return "" if status == 0 else said or f"{program} ended with status {status}"

    def can_enter(self, directory: Path) -> bool:
        """Whether this user may enter `directory`, found by entering it."""
        try:
            return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", directory])[0] == 0
        except OSError:
            return False

    def _become(self) -> list[str]:
        """The beginning of a command that becomes this user, where this process is another one."""
        if os.geteuid() != 0:
            return []
        return [sys.executable, "-I", "-S", "-c", _BECOME_USER, str(self.uid), str(self.gid)]


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
