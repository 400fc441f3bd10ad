"""The store of the proof of the audit: the log over all chains, its tiles and its checkpoints."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.chain import ChainState, register_chain
from raas.domain.audit.criteria import Criteria
from raas.domain.audit.tiles import TilePlace
from raas.storage.audit.chains import process_of, register_of
from raas.storage.audit.rows import SEAL, record_of, selected
from raas.storage.connection.query import Row, fetch, fetch_each, write
from raas.storage.rows.arrays import array
from raas.storage.rows.register_numbers import RegisterNumbers
from raas.usecases.ports.audit.proof import (
    CheckpointTaken,
    CheckpointToStore,
    LoggedRange,
    NewRecords,
    Removal,
    StoredRecord,
)

_HASH_BYTES = 32

_NEWEST_NOTE = "SELECT note FROM audit_checkpoint WHERE log = %(log)s ORDER BY number DESC LIMIT 1"
_NOTE = "SELECT note FROM audit_checkpoint WHERE log = %(log)s AND number = %(number)s"

# ---- chains -----------------------------------------------------------------------------------------

_REGISTERS = "SELECT id, enterprise_number FROM register"
_WRITTEN = "SELECT register_id, audit_length FROM register_head WHERE audit_length > 0"

# The newest range of each chain, unless it ends with the seal.
_OPEN_CHAINS = """
WITH named AS MATERIALIZED (
  SELECT unnest(%(registers)s::text[]) AS chain
  UNION ALL
  SELECT 'process/' || p.chain FROM audit_process p
  WHERE p.log = %(log)s AND NOT EXISTS (
    SELECT FROM audit_range r WHERE r.log = %(log)s AND r.chain = 'process/' || p.chain AND r.sealed))
SELECT n.chain, r.last, r.head FROM named n CROSS JOIN LATERAL (
  SELECT last, head FROM audit_range WHERE log = %(log)s AND chain = n.chain ORDER BY first DESC LIMIT 1) r"""

_UNSEALED = """
SELECT p.chain FROM audit_process p
WHERE p.log = %(log)s AND NOT EXISTS (
  SELECT FROM audit_range r WHERE r.log = %(log)s AND r.chain = 'process/' || p.chain AND r.sealed)"""

_NEW_CALLS = """
SELECT p.chain, c.chain_index, c.hash, c.kind
FROM unnest(%(chains)s::uuid[], %(lengths)s::bigint[]) AS p (chain, length)
CROSS JOIN LATERAL (
  SELECT chain_index, hash, kind FROM audit_call
  WHERE chain = p.chain AND log = %(log)s AND chain_index > p.length
  ORDER BY chain_index LIMIT %(limit)s) c
LIMIT %(limit)s"""

_NEW_WRITES = """
SELECT chain_index, hash FROM audit_write
WHERE register_id = %(register)s AND log = %(log)s AND chain_index > %(length)s
ORDER BY chain_index LIMIT %(limit)s"""

# ---- tiles and checkpoints --------------------------------------------------------------------------

_TILES = """
SELECT t.level, t.tile, t.hashes FROM unnest(%(levels)s::smallint[], %(tiles)s::bigint[]) AS p (level, tile)
JOIN audit_tile t ON t.log = %(log)s AND t.level = p.level AND t.tile = p.tile
ORDER BY t.level, t.tile, t.start"""

_STORE = """
WITH made AS (
  INSERT INTO audit_checkpoint (log, number, size, note)
  SELECT %(log)s, %(number)s, %(size)s, %(note)s
  WHERE %(number)s = 1 + coalesce((SELECT max(number) FROM audit_checkpoint WHERE log = %(log)s), 0)
  ON CONFLICT DO NOTHING RETURNING number),
ranges AS (
  INSERT INTO audit_range (log, leaf, chain, first, last, checkpoint, head, sealed)
  SELECT %(log)s, r.leaf, r.chain, r.first, r.last, made.number, r.head, r.sealed
  FROM made, unnest(%(leaves)s::bigint[], %(chains)s::text[], %(firsts)s::bigint[], %(lasts)s::bigint[],
                    %(heads)s::bytea[], %(sealed)s::boolean[]) AS r (leaf, chain, first, last, head, sealed)),
parts AS (
  INSERT INTO audit_tile (log, level, tile, start, hashes)
  SELECT %(log)s, t.level, t.tile, t.start, t.hashes
  FROM made, unnest(%(levels)s::smallint[], %(tiles)s::bigint[], %(starts)s::smallint[], %(hashes)s::bytea[])
               AS t (level, tile, start, hashes))
SELECT number FROM made"""

# ---- records ----------------------------------------------------------------------------------------

_RANGE_COLUMNS = "leaf, chain, first, last, checkpoint"

_RANGES = f"""
SELECT {_RANGE_COLUMNS} FROM audit_range
WHERE log = %(log)s AND leaf >= coalesce((
  SELECT leaf FROM audit_range WHERE log = %(log)s AND leaf <= %(leaf)s ORDER BY leaf DESC LIMIT 1), 0)
ORDER BY leaf LIMIT %(limit)s"""

_RANGE_OF = f"""
SELECT {_RANGE_COLUMNS} FROM audit_range
WHERE log = %(log)s AND chain = %(chain)s AND first <= %(index)s ORDER BY first DESC LIMIT 1"""

_CALLS = f"""
SELECT c.chain, c.chain_index, c.hash, k.salt, k.content, {selected("c")}
FROM audit_call c
LEFT JOIN audit_criteria k ON k.chain = c.chain AND k.log = c.log AND k.chain_index = c.chain_index"""

_CALLS_OF_CHAIN = f"""{_CALLS}
WHERE c.chain = %(chain)s AND c.log = %(log)s AND c.chain_index BETWEEN %(first)s AND %(last)s
ORDER BY c.chain_index"""

_CALLS_OF_CALL = f"""{_CALLS}
WHERE c.call_id = %(call)s AND c.log = %(log)s ORDER BY c.chain, c.chain_index"""

_WRITES_OF_CHAIN = f"""
SELECT chain_index, hash, {selected()} FROM audit_write
WHERE register_id = %(register)s AND log = %(log)s AND chain_index BETWEEN %(first)s AND %(last)s
ORDER BY chain_index"""

_WRITES_OF_CALL = f"""
SELECT register_id, chain_index, hash, {selected()} FROM audit_write
WHERE call_id = %(call)s AND log = %(log)s ORDER BY register_id, chain_index"""

_REMOVED = """
SELECT chain_index, hash, seal FROM audit_removed
WHERE log = %(log)s AND chain = %(chain)s AND chain_index BETWEEN %(first)s AND %(last)s
ORDER BY chain_index"""

_REGISTER_ID = "SELECT id FROM register WHERE enterprise_number = %(number)s"

# ---- deliveries and removals ------------------------------------------------------------------------

_DELIVERED = """
SELECT number FROM audit_delivery
WHERE log = %(log)s AND destination = %(destination)s ORDER BY number DESC LIMIT 1"""

_RECORD_DELIVERY = """
INSERT INTO audit_delivery (log, destination, number) VALUES (%(log)s, %(destination)s, %(number)s)
ON CONFLICT DO NOTHING"""

_REMOVAL = "SELECT first, checkpoint FROM audit_removal WHERE log = %(log)s ORDER BY first DESC LIMIT 1"
_REMOVAL_CHAINS = """
SELECT chain, length, head FROM audit_removal_chain WHERE log = %(log)s AND first = %(first)s"""


class PostgresProofStore:
    """The ProofStore of ports/audit/proof.py on PostgreSQL, for the log of this number.

    `engine` is one in autocommit.
    """

    def __init__(self, engine: AsyncEngine, log: int) -> None:
        self._engine = engine
        self._log = log
        self._registers = RegisterNumbers(engine)

    async def newest_note(self) -> bytes | None:
        """The checkpoint with the highest number."""
        newest: bytes | None = _only(await self._fetch(_NEWEST_NOTE))
        return newest

    async def note(self, number: int) -> bytes | None:
        """The checkpoint with this number."""
        note: bytes | None = _only(await self._fetch(_NOTE, number=number))
        return note

    async def open_chains(self) -> Sequence[ChainState]:
        """The chains without seal, in their state at the newest checkpoint."""
        registers = [register_chain(number) for _, number in await fetch(self._engine, _REGISTERS, {})]
        return [ChainState(*row) for row in await self._fetch(_OPEN_CHAINS, registers=registers)]

    async def new_records(self, logged: Sequence[ChainState], limit: int) -> Sequence[NewRecords]:
        """Committed records that follow these states, and those of chains that are not among them."""
        lengths = {state.chain: state.length for state in logged}
        found = list(await self._new_calls(lengths, limit))
        found += await self._new_writes(lengths, limit - sum(len(each.hashes) for each in found))
        return found

    async def tiles(self, places: Collection[TilePlace]) -> Mapping[TilePlace, Sequence[bytes]]:
        """The hashes of these tiles, the parts of each put together."""
        rows = await self._fetch(
            _TILES, levels=array(place.level for place in places), tiles=array(place.tile for place in places)
        )
        return {
            TilePlace(*place): _hashes(b"".join(hashes for _, _, hashes in parts))
            for place, parts in groupby(rows, lambda row: (row[0], row[1]))
        }

    async def store(self, checkpoint: CheckpointToStore) -> None:
        """Store the checkpoint after the last one and all that belongs to it. Raises CheckpointTaken."""
        ranges, parts = checkpoint.ranges, checkpoint.parts
        heads = {state.chain: state.head for state in checkpoint.chains}
        parameters = {
            "log": self._log,
            "number": checkpoint.number,
            "size": checkpoint.size,
            "note": checkpoint.note,
            "leaves": array(each.leaf for each in ranges),
            "chains": [each.chain for each in ranges],
            "firsts": array(each.first for each in ranges),
            "lasts": array(each.last for each in ranges),
            "heads": [heads[each.chain] for each in ranges],
            "sealed": [each.chain in checkpoint.sealed for each in ranges],
            "levels": array(part.place.level for part in parts),
            "tiles": array(part.place.tile for part in parts),
            "starts": array(part.start for part in parts),
            "hashes": [b"".join(part.hashes) for part in parts],
        }
        if not await write(self._engine, _STORE, parameters):
            raise CheckpointTaken

    async def ranges(self, first_leaf: int, limit: int) -> Sequence[LoggedRange]:
        """The logged ranges from the one that holds this leaf on, in the order of leaves."""
        found = [LoggedRange(*row) for row in await self._fetch(_RANGES, leaf=first_leaf, limit=limit + 1)]
        # The first one may end before the leaf: where the log does.
        return [each for each in found if each.leaf + each.last - each.first >= first_leaf][:limit]

    async def range_of(self, chain: str, index: int) -> LoggedRange | None:
        """The logged range that holds this record; None where no checkpoint covers it yet."""
        rows = await self._fetch(_RANGE_OF, chain=chain, index=index)
        found = [LoggedRange(*row) for row in rows]
        return next((each for each in found if index <= each.last), None)

    async def records(self, chain: str, first: int, last: int) -> Sequence[StoredRecord]:
        """The stored records with these numbers, ascending."""
        process = process_of(chain)
        if process is not None:
            rows = await self._fetch(_CALLS_OF_CHAIN, chain=process, first=first, last=last)
            found = [_of_process(row) for row in rows]
        else:
            registers = await self._fetch(_REGISTER_ID, number=register_of(chain))
            found = []
            for (register,) in registers:
                rows = await self._fetch(_WRITES_OF_CHAIN, register=register, first=first, last=last)
                found = [_of_register(chain, row) for row in rows]
        removed = await self._fetch(_REMOVED, chain=chain, first=first, last=last)
        found += [StoredRecord(chain, index, hash_, None, seal=seal) for index, hash_, seal in removed]
        return sorted(found, key=lambda stored: stored.index)

    async def records_of_call(self, call_id: UUID) -> Sequence[StoredRecord]:
        """The records of a call."""
        writes = await self._fetch(_WRITES_OF_CALL, call=call_id)
        numbers = await self._registers.of({row[0] for row in writes})
        of_registers = [_of_register(register_chain(numbers[id_]), row) for id_, *row in writes]
        return [*of_registers, *map(_of_process, await self._fetch(_CALLS_OF_CALL, call=call_id))]

    async def delivered(self, destination: str) -> int:
        """The highest number that was delivered to the destination of this name; 0 = none."""
        return _only(await self._fetch(_DELIVERED, destination=destination)) or 0

    async def record_delivery(self, destination: str, number: int) -> None:
        """Remember that a checkpoint was delivered; again changes nothing."""
        parameters = {"log": self._log, "destination": destination, "number": number}
        await write(self._engine, f"{_RECORD_DELIVERY} RETURNING number", parameters)

    async def removal(self) -> Removal | None:
        """The newest removal of records."""
        for first, checkpoint in await self._fetch(_REMOVAL):
            chains = await self._fetch(_REMOVAL_CHAINS, first=first)
            return Removal(first, checkpoint, [ChainState(*row) for row in chains])
        return None

    async def _new_calls(self, lengths: Mapping[str, int], limit: int) -> Iterable[NewRecords]:
        processes = [process for (process,) in await self._fetch(_UNSEALED)]
        names = {process: f"process/{process}" for process in processes}
        rows = await self._fetch(
            _NEW_CALLS,
            chains=processes,
            lengths=array(lengths.get(names[process], 0) for process in processes),
            limit=limit,
        )
        return [
            new
            for process, of_chain in groupby(rows, lambda row: row[0])
            for new in _new(
                names[process], lengths, [(index, hash_, kind == SEAL) for _, index, hash_, kind in of_chain]
            )
        ]

    async def _new_writes(self, lengths: Mapping[str, int], limit: int) -> Sequence[NewRecords]:
        written = await fetch(self._engine, _WRITTEN, {})
        numbers = await self._registers.of([register for register, _ in written])
        asked: list[tuple[str, Mapping[str, Any]]] = []
        for register, length in written:
            chain = register_chain(numbers[register])
            before = lengths.get(chain, 0)
            if length > before and limit > 0:
                asked.append(
                    (chain, {"register": register, "log": self._log, "length": before, "limit": limit})
                )
                limit -= length - before
        answers = await fetch_each(self._engine, _NEW_WRITES, [parameters for _, parameters in asked])
        return [
            new
            for (chain, _), rows in zip(asked, answers, strict=True)
            for new in _new(chain, lengths, [(index, hash_, False) for index, hash_ in rows])
        ]

    async def _fetch(self, statement: str, **parameters: Any) -> list[Row]:
        return await fetch(self._engine, statement, {"log": self._log, **parameters})


def _only(rows: Sequence[Row]) -> Any:
    return rows[0][0] if rows else None


def _hashes(joined: bytes) -> Sequence[bytes]:
    return tuple(joined[at : at + _HASH_BYTES] for at in range(0, len(joined), _HASH_BYTES))


def _new(
    chain: str, lengths: Mapping[str, int], rows: Sequence[tuple[int, bytes, bool]]
) -> Iterable[NewRecords]:
    """The records of a chain without gaps, if there are any; each is its number, its hash, whether a seal."""
    first = lengths.get(chain, 0) + 1
    whole = [row for number, row in enumerate(rows, first) if row[0] == number]
    if whole:
        yield NewRecords(chain, first, [hash_ for _, hash_, _ in whole], whole[-1][2])


def _of_process(row: Row) -> StoredRecord:
    process, index, hash_, salt, content, *columns = row
    criteria = None if salt is None else Criteria(salt, content)
    seal = columns[1] == SEAL
    return StoredRecord(f"process/{process}", index, hash_, record_of(columns), criteria, seal)


def _of_register(chain: str, row: Sequence[Any]) -> StoredRecord:
    index, hash_, *columns = row
    return StoredRecord(chain, index, hash_, record_of(columns))
