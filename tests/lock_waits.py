"""Sessions that wait for a lock."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.conftest import CITUS_DSN

_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"

# On a cluster the lock may be on another node. The number of a session ends with its process id.
_WAITING_ON_CLUSTER = "SELECT count(*) FROM citus_lock_waits WHERE blocking_gpid %% 10000000000 = %s"


def waiting_for(holder: psycopg.Connection[Any], observer: psycopg.Connection[Any]) -> int:
    """The number of sessions that wait for a lock of the holder's session."""
    statement = _WAITING_ON_CLUSTER if CITUS_DSN else _WAITING
    row = observer.execute(statement, (holder.info.backend_pid,)).fetchone()
    assert row is not None
    return int(row[0])
