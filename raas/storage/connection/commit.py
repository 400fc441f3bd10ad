"""A COMMIT whose outcome is never guessed.

When the connection is lost at COMMIT, only the database knows the outcome. It is asked on another connection
by the writes themselves: the lock of the transaction is taken again, so that a transaction that is still
committing ends first, and then a row that the transaction wrote is looked up. The id of the transaction would
not do: after a failover another primary may give out the same id again, and on a cluster it is that of the
coordinator alone. There an error of COMMIT is treated like a lost connection: the coordinator may have lost
the node that committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.lease import Connection, on_connection
from raas.usecases.ports.errors import CommitUnknown, PortError, StoreUnavailable

_PAUSES_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Pauses between questions about a lost COMMIT: about as long as a restart takes."""

Parameters = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence by which the outcome of a transaction is found.

    `lock` takes a lock that the transaction held. `question` answers one row of one boolean: whether the
    transaction was committed, null where that cannot be told.
    """

    lock: str
    lock_parameters: Parameters
    question: str
    parameters: Parameters


NOTHING_TO_FIND = Evidence("SELECT 1", (), "SELECT false", ())
"""For a transaction that can be repeated without harm: it counts as not committed."""


async def resolve(
    engine: AsyncEngine, evidence: Evidence, fault: PortError | None = None, *, patient: bool = True
) -> None:
    """Return when the transaction was committed.

    Raises `fault`, or else StoreUnavailable, when it was not; CommitUnknown when that cannot be learned. One
    that is not `patient` asks no more once it has waited in vain for the transaction to free its lock.
    """
    committed = await _committed(engine, evidence, patient)
    if committed is None:
        raise CommitUnknown("the connection was lost at COMMIT and the outcome is not known")
    if not committed:
        raise fault or StoreUnavailable("the connection was lost before COMMIT")


async def _committed(engine: AsyncEngine, evidence: Evidence, patient: bool) -> bool | None:
    async def ask(connection: Connection) -> bool | None:
        try:
            async with connection.transaction():
                await connection.execute(evidence.lock, evidence.lock_parameters)
                cursor = await connection.execute(evidence.question, evidence.parameters)
                return cast(tuple[bool | None], await cursor.fetchone())[0]
        except psycopg.errors.LockNotAvailable:
            if patient:
                raise
            return None

    for pause in (*_PAUSES_SECONDS, None):
        try:
            return await on_connection(engine, ask, writes=True)
        except (psycopg.Error, PortError):
            pass  # it does not answer yet
        if pause is not None:
            await asyncio.sleep(pause)
    return None
