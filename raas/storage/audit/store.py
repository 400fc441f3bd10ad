"""The chains of processes on PostgreSQL: a record of a read costs one committed insert.

A process appends to its chain in one session, whose end is the end of the chain (process_session.py): then
this process or another one adds the seal, in a transaction that holds the lock of the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.chain import ChainState, process_chain
from raas.storage.audit.log import AuditLog
from raas.storage.audit.process_session import (
    END_HOLDER,
    HELD_LOCKS,
    ProcessSession,
    Statement,
    life_lock,
)
from raas.storage.audit.rows import GIVEN, GIVEN_ROWS, INSERTED, MICROSECONDS_GIVEN, record_parameters
from raas.storage.connection.commit import Evidence, resolve
from raas.storage.connection.database import limits_of
from raas.storage.connection.lease import Connection
from raas.storage.connection.transactions import Transactions
from raas.storage.rows.arrays import array
from raas.usecases.ports.audit.chains import ChainedRecord, ChainSealed
from raas.usecases.ports.errors import CommitUnknown, PortError, StoreFault, StoreUnavailable

Result = TypeVar("Result")

_AWAIT_END = "SELECT pg_advisory_xact_lock(%s)"
_TRY_LIFE = "SELECT pg_try_advisory_xact_lock(%s)"

_BEGIN = f"""
INSERT INTO audit_process (chain, log, begin_time)
VALUES (%(chain)s, %(log)s, {MICROSECONDS_GIVEN.format("%(time)s::bigint")})"""

INSERT_CALLS = f"""
INSERT INTO audit_call (chain, log, {INSERTED})
SELECT %(chain)s, %(log)s, {GIVEN} FROM {GIVEN_ROWS}"""

INSERT_CRITERIA = f"""
INSERT INTO audit_criteria (chain, log, chain_index, time, salt, content)
SELECT %(chain)s, %(log)s, c.chain_index, {MICROSECONDS_GIVEN.format("c.time")}, c.salt, c.content
FROM unnest(%(index)s::bigint[], %(time)s::bigint[], %(salt)s::bytea[], %(content)s::text[])
     AS c (chain_index, time, salt, content)"""

_SEAL = f"""
INSERT INTO audit_seal (chain, log, time)
VALUES (%(chain)s, %(log)s, {MICROSECONDS_GIVEN.format("%(time)s::bigint")}) ON CONFLICT DO NOTHING"""

_IS_THERE = """
SELECT EXISTS (SELECT FROM audit_call
               WHERE chain = %(chain)s AND log = %(log)s AND chain_index = %(index)s AND hash = %(hash)s)"""

_LAST = """
SELECT chain_index, hash FROM audit_call
WHERE chain = %(chain)s AND log = %(log)s ORDER BY chain_index DESC LIMIT 1"""

_SEALED = "SELECT FROM audit_seal WHERE chain = %(chain)s AND log = %(log)s"

_UNSEALED = """
SELECT p.chain FROM audit_process p
WHERE p.log = %(log)s AND NOT EXISTS (SELECT FROM audit_seal s WHERE s.chain = p.chain AND s.log = p.log)"""


class PostgresAuditStore:
    """The AuditStore of ports/audit/chains.py on PostgreSQL; `engine` is one for transactions."""

    def __init__(self, engine: AsyncEngine, dsn: str, log: AuditLog) -> None:
        limits = limits_of(engine)
        self._engine = engine
        self._transactions = Transactions(engine)
        self._session = ProcessSession(dsn, limits)
        self._answer_seconds = None if limits is None else limits.answer_seconds
        self._log = log
        self._lengths: dict[UUID, int] = {}
        """Of the chains that live in the session."""

    async def origin(self) -> str:
        """The name of the log."""
        return self._log.origin

    async def begin(self, process: UUID, first: ChainedRecord) -> None:
        """Begin the chain of a process with its first record."""
        await self._session.begin(process)
        self._lengths[process] = 0
        begun = (_BEGIN, {**self._key(process), "time": first.record.time})
        await self._append(process, [first], [begun])

    async def append(self, process: UUID, records: Sequence[ChainedRecord]) -> None:
        """Append records in one transaction, with their criteria."""
        await self._append(process, records)

    async def length(self, process: UUID) -> int:
        """The number of the last committed record of a chain."""
        if self._session.holds(process):
            return self._lengths[process]
        last = await self._in_time(self._transactions.run(partial(self._last, process)))
        return last[0] if last else 0

    async def is_kept(self, process: UUID, record: ChainedRecord) -> bool:
        """Whether this very record is in a chain."""
        evidence = self._evidence(process, record)
        lives = self._session.holds(process)

        async def ask(connection: Connection) -> bool:
            try:
                if not lives:
                    await connection.execute(evidence.lock, evidence.lock_parameters)
            except psycopg.errors.LockNotAvailable:
                raise CommitUnknown("the session that appended the record has not ended") from None
            found = await (await connection.execute(evidence.question, evidence.parameters)).fetchone()
            return found == (True,)

        return await self._in_time(self._transactions.run(ask))

    async def seal(self, process: UUID, seal: ChainedRecord) -> None:
        """Append the seal to a chain of this process, which ends."""
        if self._session.holds(process):
            await self._append(process, [seal], [self._seal(process, seal)])
            await self.release(process)
        elif not await self.seal_dead(process, seal):
            raise ChainSealed("the chain was sealed by another process")

    async def dead_chains(self) -> Sequence[ChainState]:
        """The chains without a seal whose process does not live any more."""

        async def read(connection: Connection) -> Sequence[ChainState]:
            async with connection.pipeline():
                # Chains first: one that begins later is not among them, whatever the locks say.
                chains = await connection.execute(_UNSEALED, {"log": self._log.number})
                locks = await connection.execute(HELD_LOCKS)
            held = {number for (number,) in await locks.fetchall()}
            dead = [chain for (chain,) in await chains.fetchall() if life_lock(chain) not in held]
            states = []
            for chain in dead:
                last = await (await connection.execute(_LAST, self._key(chain))).fetchone()
                if last is not None:
                    states.append(ChainState(process_chain(chain), *last))
            return states

        return await self._in_time(self._transactions.run(read))

    async def seal_dead(self, process: UUID, seal: ChainedRecord) -> bool:
        """Append the seal to the chain of a process that died."""
        return await self._in_time(self._seal_dead(process, seal))

    async def release(self, process: UUID) -> None:
        """Let the chain of a process be one of a process that does not live."""
        self._lengths.pop(process, None)
        await self._session.end(process)

    async def close(self) -> None:
        """End the life of every chain of this process."""
        self._lengths.clear()
        await self._session.close()

    async def _seal_dead(self, process: UUID, seal: ChainedRecord) -> bool:
        async with self._transactions.begin() as transaction:
            if not await transaction.finish(self._may_seal(transaction.connection, process, seal)):
                return False
            statements = [*self._insert(process, [seal]), self._seal(process, seal)]
            cursors = await transaction.finish(transaction.send(statements))
            await transaction.commit(self._evidence(process, seal))
            return cursors[0].rowcount == 1

    async def _append(
        self, process: UUID, records: Sequence[ChainedRecord], also: Sequence[Statement] = ()
    ) -> None:
        if not self._session.holds(process):
            self._lengths.pop(process, None)
            raise ChainSealed("the session of the chain has ended, or the chain was not begun in it")
        length = self._lengths[process]
        if [each.index for each in records] != list(range(length + 1, length + 1 + len(records))):
            raise StoreFault("the records do not follow the last one of the chain")
        if not records:
            return
        try:
            await self._session.run([*self._insert(process, records), *also])
        except CommitUnknown:
            await self._resolve(process, records[-1])
        self._lengths[process] = records[-1].index

    async def _resolve(self, process: UUID, last: ChainedRecord) -> None:
        """Return when an append was committed whose session is lost. Raises StoreUnavailable, CommitUnknown.

        The backend may not know that the session is lost, and hold the lock of the chain: it is ended.
        """
        with suppress(PortError):
            await self._in_time(self._transactions.run(partial(_end_holder, process)))
        try:
            async with asyncio.timeout(self._answer_seconds):
                await resolve(self._engine, self._evidence(process, last), patient=False)
        except TimeoutError:
            raise CommitUnknown("the database does not answer after the session was lost") from None

    async def _in_time(self, work: Awaitable[Result]) -> Result:
        """Await work on a connection of the pool. Raises StoreUnavailable where that takes too long."""
        try:
            async with asyncio.timeout(self._answer_seconds):
                return await work
        except TimeoutError:
            raise StoreUnavailable("the database does not answer") from None

    async def _last(self, process: UUID, connection: Connection) -> tuple[int, bytes] | None:
        """Number and hash of the last record of a chain, once its session has ended."""
        await connection.execute(_AWAIT_END, (life_lock(process),))
        last: tuple[int, bytes] | None = await (
            await connection.execute(_LAST, self._key(process))
        ).fetchone()
        return last

    async def _may_seal(self, connection: Connection, process: UUID, seal: ChainedRecord) -> bool:
        taken = await (await connection.execute(_TRY_LIFE, (life_lock(process),))).fetchone()
        if taken != (True,):
            return False
        last = await (await connection.execute(_LAST, self._key(process))).fetchone()
        sealed = await (await connection.execute(_SEALED, self._key(process))).fetchone()
        return sealed is None and last is not None and last[0] == seal.index - 1

    def _insert(self, process: UUID, records: Sequence[ChainedRecord]) -> Iterable[Statement]:
        yield INSERT_CALLS, {**self._key(process), **record_parameters(records)}
        kept = [(each, each.criteria) for each in records if each.criteria is not None]
        if kept:
            yield (
                INSERT_CRITERIA,
                {
                    **self._key(process),
                    "index": array(each.index for each, _ in kept),
                    "time": array(each.record.time for each, _ in kept),
                    "salt": [criteria.salt for _, criteria in kept],
                    "content": [criteria.content for _, criteria in kept],
                },
            )

    def _seal(self, process: UUID, seal: ChainedRecord) -> Statement:
        return _SEAL, {**self._key(process), "time": seal.record.time}

    def _evidence(self, process: UUID, last: ChainedRecord) -> Evidence:
        row = {**self._key(process), "index": last.index, "hash": last.hash}
        return Evidence(_AWAIT_END, (life_lock(process),), _IS_THERE, row)

    def _key(self, process: UUID) -> dict[str, Any]:
        return {"chain": process, "log": self._log.number}


async def _end_holder(process: UUID, connection: Connection) -> None:
    await connection.execute(END_HOLDER, (life_lock(process),))
