"""The commits of a cluster that its nodes have not all carried out yet.

A transaction over several nodes is committed in two phases. Its COMMIT is seen on the coordinator first, and
on each other node when that node ends its prepared transaction: a moment later, or after a crash within about
a minute. A node shows all that the transaction wrote there at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from raas.usecases.ports.errors import StoreUnavailable

Commit = tuple[int, str]
"""A node, by its group, and the name of a transaction that was prepared there and is committed."""

# The coordinator writes them in the transaction itself, so that they are seen with it, and removes them some
# time after the nodes have ended it.
COMMITS = "SELECT groupid, gid FROM pg_dist_transaction"

_GIDS = """
SELECT coalesce(json_agg(gid), '[]') FROM pg_prepared_xacts WHERE database = current_database()"""

PREPARED_BY_NODE = f"""
SELECT n.groupid, r.success, r.result FROM run_command_on_workers($node${_GIDS}$node$) r
JOIN pg_dist_node n ON n.nodename = r.nodename AND n.nodeport = r.nodeport"""


def is_delivered(commits: Iterable[Commit], prepared: Sequence[tuple[Any, ...]]) -> bool:
    """Whether all nodes have carried out these commits, by the rows of PREPARED_BY_NODE.

    Raises StoreUnavailable when one of their nodes does not answer.
    """
    open_commits = set(commits)
    for group, answered, gids in prepared:
        of_node = {gid for node, gid in open_commits if node == group}
        if of_node and not answered:
            raise StoreUnavailable("a node of the cluster does not answer")
        if of_node and not of_node.isdisjoint(json.loads(gids)):
            return False
    return True
