"""The start of PostgreSQL on a cluster that no process works on."""

from __future__ import annotations

from pathlib import Path

from raas.storage.embedded.account import Account
from raas.storage.embedded.binaries import find_binaries
from raas.storage.embedded.cluster import write_settings
from raas.storage.embedded.errors import EmbeddedPostgresError
from raas.storage.embedded.place import SOCKET
from raas.storage.embedded.postmaster import clear_away, cluster_name, find_postmaster
from raas.storage.embedded.reasons import reason_of_failure

_PG_CTL_SECONDS = 5


def launch(cluster: Path, account: Account, sockets: Path, shared: Path, connections: int = 0) -> None:
    """Start PostgreSQL and wait some seconds until it accepts connections.

    It allows at least `connections`. Leftovers of a dead one are cleared away first. It may still be
    recovering afterwards. Does nothing when a postmaster lives after all. Raises EmbeddedPostgresError, with
    the reason, when it ended again.
    """
    clear_away(cluster)
    if find_postmaster(cluster) is not None:
        return
    binaries = find_binaries(account, shared)
    write_settings(cluster, account, sockets, connections)
    for stale in (SOCKET, f"{SOCKET}.lock"):
        (sockets / stale).unlink(missing_ok=True)
    # PGDATA instead of -D, which pg_ctl would hand to a shell.
    options = f"-c cluster_name={cluster_name(cluster)}"
    command = (
        binaries / "pg_ctl",
        "start",
        "--wait",
        f"--timeout={_PG_CTL_SECONDS}",
        "--silent",
        "-o",
        options,
    )
    status, said = account.run(command, cluster=cluster)
    if status != 0 and find_postmaster(cluster) is None:
        reason = reason_of_failure(said, cluster)
        raise EmbeddedPostgresError(f"PostgreSQL does not start: {reason} See also {cluster}/log.")
