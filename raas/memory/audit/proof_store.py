"""The ProofStore in memory, and the records of which it proves the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from uuid import UUID

from raas.domain.audit.chain import ChainState
from raas.domain.audit.criteria import Criteria
from raas.domain.audit.record import AuditRecord
from raas.domain.audit.tiles import TilePlace
from raas.memory.audit.store import MemoryAuditLog
from raas.usecases.ports.audit.chains import follow
from raas.usecases.ports.audit.proof import (
    CheckpointTaken,
    CheckpointToStore,
    LoggedRange,
    NewRecords,
    Removal,
    StoredRecord,
)


class MemoryProofStore:
    """One log; `chains` holds the records of each chain in their order."""

    def __init__(self, origin: str, log: MemoryAuditLog | None = None) -> None:
        self._log = log or MemoryAuditLog(origin)
        self.chains = self._log.chains
        self._notes: list[bytes] = []
        self._ranges: list[LoggedRange] = []
        self._tiles: dict[TilePlace, list[bytes]] = {}
        self._open: dict[str, ChainState] = {}
        self._delivered: dict[str, int] = {}
        self._removal: Removal | None = None

    def append(self, chain: str, record: AuditRecord, criteria: Criteria | None = None) -> StoredRecord:
        """Record something at the end of a chain."""
        _, chained = follow(self._log.state(chain), [(record, criteria)])
        self._log.keep(chain, chained)
        return self.chains[chain][-1]

    async def newest_note(self) -> bytes | None:
        """The checkpoint with the highest number."""
        return self._notes[-1] if self._notes else None

    async def note(self, number: int) -> bytes | None:
        """The checkpoint with this number."""
        return self._notes[number - 1] if 0 < number <= len(self._notes) else None

    async def open_chains(self) -> Sequence[ChainState]:
        """The chains without seal at the newest checkpoint."""
        return tuple(self._open.values())

    async def new_records(self, logged: Sequence[ChainState], limit: int) -> Sequence[NewRecords]:
        """The records after these states."""
        lengths = {state.chain: state.length for state in logged}
        covered = {each.chain for each in self._ranges}
        found = []
        for chain, records in self.chains.items():
            if limit <= 0 or (chain in covered and chain not in lengths):
                continue
            first = lengths.get(chain, 0) + 1
            later = [stored for stored in records if stored.index >= first][:limit]
            whole = [
                stored
                for _, stored in takewhile(lambda pair: pair[0] == pair[1].index, enumerate(later, first))
            ]
            if whole:
                limit -= len(whole)
                hashes = [stored.hash for stored in whole]
                found.append(NewRecords(chain, first, hashes, whole[-1].seal))
        return found

    async def tiles(self, places: Collection[TilePlace]) -> Mapping[TilePlace, Sequence[bytes]]:
        """The hashes of these tiles."""
        return {place: tuple(self._tiles[place]) for place in places if place in self._tiles}

    async def store(self, checkpoint: CheckpointToStore) -> None:
        """Store a checkpoint and all that belongs to it."""
        if checkpoint.number != len(self._notes) + 1:
            raise CheckpointTaken
        self._notes.append(checkpoint.note)
        self._ranges.extend(checkpoint.ranges)
        for part in checkpoint.parts:
            self._tiles.setdefault(part.place, []).extend(part.hashes)
        self._open.update((state.chain, state) for state in checkpoint.chains)
        for chain in checkpoint.sealed:
            del self._open[chain]

    async def ranges(self, first_leaf: int, limit: int) -> Sequence[LoggedRange]:
        """The logged ranges from this leaf on."""
        return [each for each in self._ranges if each.leaf + each.last - each.first >= first_leaf][:limit]

    async def range_of(self, chain: str, index: int) -> LoggedRange | None:
        """The logged range that holds this record."""
        return next(
            (each for each in self._ranges if each.chain == chain and each.first <= index <= each.last), None
        )

    async def records(self, chain: str, first: int, last: int) -> Sequence[StoredRecord]:
        """The stored records with these numbers."""
        return [stored for stored in self.chains.get(chain, ()) if first <= stored.index <= last]

    async def records_of_call(self, call_id: UUID) -> Sequence[StoredRecord]:
        """The records of a call."""
        return [
            stored
            for records in self.chains.values()
            for stored in records
            if stored.record is not None and stored.record.call_id == call_id
        ]

    async def delivered(self, destination: str) -> int:
        """The highest number that was delivered there."""
        return self._delivered.get(destination, 0)

    async def record_delivery(self, destination: str, number: int) -> None:
        """Remember a delivery."""
        self._delivered[destination] = max(number, self._delivered.get(destination, 0))

    async def removal(self) -> Removal | None:
        """The newest removal of records."""
        return self._removal

    def remove_before(self, time: int) -> None:
        """Remove records older than `time` (microseconds since 1970), as the removal of a month does."""
        old = {
            (chain, stored.index)
            for chain, records in self.chains.items()
            for stored in records
            if stored.record is not None and stored.record.time < time
        }
        whole = 0
        for number in range(1, len(self._notes) + 1):
            covered = [each for each in self._ranges if each.checkpoint == number]
            if not all((each.chain, n) in old for each in covered for n in range(each.first, each.last + 1)):
                break
            whole = number
        lengths = {each.chain: each.last for each in self._ranges if each.checkpoint <= whole}
        states = []
        for chain, length in lengths.items():
            last = self.chains[chain][length - 1]
            if not last.seal:
                states.append(ChainState(chain, length, last.hash))
        for chain, records in self.chains.items():
            self.chains[chain] = [
                replace(stored, record=None) if (chain, stored.index) in old else stored
                for stored in records
                if stored.index > lengths.get(chain, 0)
            ]
        first = max((e.leaf + e.last - e.first + 1 for e in self._ranges if e.checkpoint <= whole), default=0)
        self._removal = Removal(first, whole, states)
