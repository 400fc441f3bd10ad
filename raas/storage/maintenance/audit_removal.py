"""The removal of old records of the audit, month by month: the log over them stays provable.

Beside what is removed stay the hashes of the tree, the states of the open chains at the last checkpoint of
which all records are removed, and the hashes of removed records behind it (docs/audit-format.md). The role
that owns the tables removes; that of the server cannot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.chain import ChainState
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.storage.audit.chains import process_of, register_of
from raas.storage.audit.rows import SEAL
from raas.storage.connection.lease import Connection, on_connection
from raas.storage.rows.arrays import array
from raas.storage.schema.tables.audit import PARTITIONED
from raas.usecases.ports.maintenance import RemovedRecords

_LOCK = "SELECT pg_advisory_xact_lock(491260048130)"
_BRIEF = "SET LOCAL lock_timeout = '5s'"

_BEFORE = "SELECT first, checkpoint FROM audit_removal WHERE log = %(log)s ORDER BY first DESC LIMIT 1"
_STATES_BEFORE = (
    "SELECT chain, length, head FROM audit_removal_chain WHERE log = %(log)s AND first = %(first)s"
)

# Records are covered by checkpoints that are made after them.
_OLD_CHECKPOINT = """
SELECT coalesce(max(number), %(checkpoint)s) FROM audit_checkpoint
WHERE log = %(log)s AND number > %(checkpoint)s AND time < %(before)s"""
_CHECKPOINT = "SELECT size, time FROM audit_checkpoint WHERE log = %(log)s AND number = %(number)s"

_RANGES = """
SELECT chain, min(first), max(last) FROM audit_range
WHERE log = %(log)s AND leaf >= %(first)s AND leaf < %(end)s GROUP BY chain"""
_STATES = """
SELECT DISTINCT ON (chain) chain, last, head, sealed FROM audit_range
WHERE log = %(log)s AND leaf >= %(first)s AND leaf < %(end)s ORDER BY chain, leaf DESC"""

_REGISTERS = "SELECT id, enterprise_number FROM register WHERE enterprise_number = ANY(%(numbers)s::bigint[])"
_KEPT_WRITE = """
SELECT 1 FROM audit_write WHERE register_id = %(register)s AND log = %(log)s
  AND chain_index BETWEEN %(first)s AND %(last)s AND time >= %(before)s LIMIT 1"""
_KEPT_CALL = """
SELECT 1 FROM audit_call WHERE chain = %(chain)s AND log = %(log)s
  AND chain_index BETWEEN %(first)s AND %(last)s AND time >= %(before)s LIMIT 1"""
_OLD_WRITES = """
SELECT chain_index, hash, false FROM audit_write WHERE register_id = %(register)s AND log = %(log)s
  AND chain_index BETWEEN %(first)s AND %(last)s AND time < %(before)s"""
_OLD_CALLS = f"""
SELECT chain_index, hash, kind = {SEAL} FROM audit_call WHERE chain = %(chain)s AND log = %(log)s
  AND chain_index BETWEEN %(first)s AND %(last)s AND time < %(before)s"""

_RECORD = "INSERT INTO audit_removal (log, first, checkpoint) VALUES (%(log)s, %(first)s, %(checkpoint)s)"
_RECORD_STATES = """
INSERT INTO audit_removal_chain (log, first, chain, length, head)
SELECT %(log)s, %(first)s, * FROM unnest(%(chains)s::text[], %(lengths)s::bigint[], %(heads)s::bytea[])"""
_RECORD_EDGE = """
INSERT INTO audit_removed (log, chain, chain_index, hash, seal)
SELECT %(log)s, %(chain)s, * FROM unnest(%(indexes)s::bigint[], %(hashes)s::bytea[], %(seals)s::boolean[])
ON CONFLICT DO NOTHING"""

_PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %(table)s::regclass AND c.relname < %(table)s || '_' || %(month)s
  AND c.relname ~ '_[0-9]{6}$' ORDER BY c.relname"""
_ERASE_CRITERIA = "DELETE FROM audit_criteria WHERE log = %(log)s AND time < %(before)s"
# The hashes of whole tiles are those of the tiles one level up.
_ERASE_TILES = """
DELETE FROM audit_tile WHERE log = %(log)s AND level = 0
  AND (tile + 1) * 256 <= (SELECT max(first) FROM audit_removal WHERE log = %(log)s)"""

_EDGE = timedelta(days=1)


class PostgresAuditRemoval:
    """Removes records of the open log; `engine` connects as the owner of the tables, for transactions."""

    def __init__(self, engine: AsyncEngine, log: int) -> None:
        self._engine = engine
        self._log = log

    async def partitions_before(self, before: datetime) -> Sequence[str]:
        """The partitions of the months before an instant, the beginning of a month of UTC."""

        async def work(connection: Connection) -> Sequence[str]:
            return await _Removal(connection, self._log, before).partitions()

        return await on_connection(self._engine, work, writes=False)

    async def remove_before(self, before: datetime) -> RemovedRecords | None:
        """Remove the partitions of the months before an instant, the beginning of a month of UTC.

        Removes what the default partition has of this time, too, and search criteria. None = no checkpoint
        covers only such records: nothing was removed. One transaction. Raises StoreUnavailable, StoreFault.
        """

        async def work(connection: Connection) -> RemovedRecords | None:
            removed = await _Removal(connection, self._log, before).run()
            await connection.commit()
            return removed

        return await on_connection(self._engine, work, writes=True)


class _Removal:
    """One removal, in the transaction of a connection."""

    def __init__(self, connection: Connection, log: int, before: datetime) -> None:
        self._connection = connection
        self._log = log
        self._before = before
        self._registers: dict[EnterpriseNumber, int] = {}

    async def run(self) -> RemovedRecords | None:
        await self._execute(_BRIEF)
        await self._execute(_LOCK)
        ((first, checkpoint),) = await self._rows(_BEFORE) or [(0, 0)]
        states = {
            chain: ChainState(chain, *rest) for chain, *rest in await self._rows(_STATES_BEFORE, first=first)
        }
        whole = await self._last_whole_checkpoint(checkpoint)
        if whole == 0:
            return None
        ((end, _),) = await self._rows(_CHECKPOINT, number=whole)
        if whole != checkpoint:
            await self._moved(states, first, end)
            await self._record(end, whole, states)
        await self._keep_edge(end, whole, states)
        partitions = await self._drop()
        return RemovedRecords(end, whole, partitions)

    async def partitions(self) -> Sequence[str]:
        """The partitions of earlier months, the oldest first within each table."""
        # strftime does not write a year below 1000 in four digits everywhere.
        month = f"{self._before.year:04}{self._before.month:02}"
        found = [await self._rows(_PARTITIONS, table=table, month=month) for table in PARTITIONED]
        return [partition for rows in found for (partition,) in rows]

    async def _last_whole_checkpoint(self, checkpoint: int) -> int:
        """The last checkpoint such that all records that it covers are old."""
        ((whole,),) = await self._rows(_OLD_CHECKPOINT, checkpoint=checkpoint)
        ((end, _),) = await self._rows(_CHECKPOINT, number=whole) or [(0, None)]
        while following := await self._rows(_CHECKPOINT, number=whole + 1):
            ((next_end, _),) = following
            for chain, first, last in await self._rows(_RANGES, first=end, end=next_end):
                if await self._of_chain(chain, _KEPT_WRITE, _KEPT_CALL, first, last):
                    return int(whole)
            whole, end = whole + 1, next_end
        return int(whole)

    async def _moved(self, states: dict[str, ChainState], first: int, end: int) -> None:
        """Move the states of open chains from one leaf to another."""
        for chain, length, head, sealed in await self._rows(_STATES, first=first, end=end):
            if sealed:
                states.pop(chain, None)
            else:
                states[chain] = ChainState(chain, length, head)

    async def _record(self, first: int, checkpoint: int, states: Mapping[str, ChainState]) -> None:
        await self._execute(_RECORD, first=first, checkpoint=checkpoint)
        await self._execute(
            _RECORD_STATES,
            first=first,
            chains=list(states),
            lengths=array(state.length for state in states.values()),
            heads=[state.head for state in states.values()],
        )

    async def _keep_edge(self, first: int, checkpoint: int, states: Mapping[str, ChainState]) -> None:
        """Keep the hashes of removed records behind the first leaf that stays, of a day of checkpoints."""
        end, number = first, checkpoint
        while following := await self._rows(_CHECKPOINT, number=number + 1):
            ((size, time),) = following
            if number > checkpoint and time >= self._before + _EDGE:
                break
            end, number = size, number + 1
        for chain, begin, last in await self._rows(_RANGES, first=first, end=end):
            begin = max(begin, states[chain].length + 1) if chain in states else begin
            removed = await self._of_chain(chain, _OLD_WRITES, _OLD_CALLS, begin, last)
            if removed:
                await self._execute(
                    _RECORD_EDGE,
                    chain=chain,
                    indexes=array(index for index, _, _ in removed),
                    hashes=[hash_ for _, hash_, _ in removed],
                    seals=[seal for _, _, seal in removed],
                )

    async def _drop(self) -> Sequence[str]:
        """Drop the partitions of earlier months, and delete what else is as old."""
        dropped = await self.partitions()
        for partition in dropped:
            await self._execute(f"DROP TABLE {partition}")
        for table in PARTITIONED:
            # Only the default partition is left to look at.
            await self._delete(table, f"DELETE FROM {table} WHERE log = %(log)s AND time < %(before)s")
        await self._execute(_ERASE_CRITERIA)
        await self._delete("audit_tile", _ERASE_TILES)
        return dropped

    async def _delete(self, table: str, statement: str) -> None:
        """Delete rows of a table from which the owner has taken this right, for this statement alone."""
        await self._execute(f"GRANT DELETE ON {table} TO CURRENT_USER")
        await self._execute(statement)
        await self._execute(f"REVOKE DELETE ON {table} FROM CURRENT_USER")

    async def _of_chain(self, chain: str, of_writes: str, of_calls: str, first: int, last: int) -> list[Any]:
        """The rows of one of two statements, on records of a chain."""
        process = process_of(chain)
        if process is not None:
            return await self._rows(of_calls, chain=process, first=first, last=last)
        number = register_of(chain)
        if number not in self._registers:
            found = await self._rows(_REGISTERS, numbers=array([number]))
            self._registers.update((number, id_) for id_, number in found)
        register = self._registers[number]
        return await self._rows(of_writes, register=register, first=first, last=last)

    async def _rows(self, statement: str, **parameters: Any) -> list[Any]:
        rows: list[Any] = await (await self._execute(statement, **parameters)).fetchall()
        return rows

    async def _execute(self, statement: str, **parameters: Any) -> Any:
        given = {"log": self._log, "before": self._before, **parameters}
        return await self._connection.execute(statement, given)
