"""Prepared transactions: those of a two-phase commit that a crash left between its phases.

A cluster ends them by itself, within a minute or so; on a plain PostgreSQL an operator does. Until then they
hold their locks, and hide their writes.
"""

from __future__ import annotations

from collections.abc import Sequence

from raas.storage.connection.query import Row
from raas.usecases.ports.errors import StoreUnavailable

# The lock on persons, on the coordinator, ends with the COMMIT there. A node that has not heard of the COMMIT
# goes on hiding the dossiers that the transaction wrote: no lock tells that they are in the register.
_PREPARED_DOSSIERS = """
SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.pid IS NULL AND c.relname ~ '^dossier(_share)?_[0-9]+$'"""
HIDDEN_DOSSIERS = f"SELECT success, result FROM run_command_on_all_nodes($node${_PREPARED_DOSSIERS}$node$)"
"""On a cluster: the number of tables of dossiers, on each node, that prepared transactions have written."""


def refuse_hidden_dossiers(rows: Sequence[Row]) -> None:
    """Raise StoreUnavailable unless all nodes answered HIDDEN_DOSSIERS that there are none."""
    for success, result in rows:
        if not success:
            raise StoreUnavailable("a node of the cluster does not answer")
        if result != "0":
            raise StoreUnavailable("a node of the cluster has not ended a prepared transaction")
