"""The AuditStore in memory, and the log of records that it shares with the other stores in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from raas.domain.audit.chain import ChainState, new_chain, process_chain
from raas.domain.audit.record import RecordKind
from raas.usecases.ports.audit.chains import ChainedRecord, ChainSealed
from raas.usecases.ports.audit.proof import StoredRecord
from raas.usecases.ports.errors import StoreFault

MEMORY_ORIGIN = "raas.memory/audit"
"""The name of the log of a server in memory."""


@dataclass
class MemoryAuditLog:
    """The records of every chain, in their order, and the state of every chain after its last record."""

    origin: str = MEMORY_ORIGIN
    chains: dict[str, list[StoredRecord]] = field(default_factory=dict)
    states: dict[str, ChainState] = field(default_factory=dict)

    def state(self, chain: str) -> ChainState:
        """The state of a chain; that of a new one where it has no record."""
        return self.states.get(chain) or new_chain(self.origin, chain)

    def keep(self, chain: str, records: Sequence[ChainedRecord]) -> None:
        """Add records to a chain. Raises StoreFault where they do not follow the last one."""
        length = self.state(chain).length
        if [each.index for each in records] != list(range(length + 1, length + 1 + len(records))):
            raise StoreFault("the records do not follow the last one of the chain")
        kept = self.chains.setdefault(chain, [])
        for each in records:
            seal = each.record.kind is RecordKind.SEAL
            kept.append(StoredRecord(chain, each.index, each.hash, each.record, each.criteria, seal))
            self.states[chain] = ChainState(chain, each.index, each.hash)


class MemoryAuditStore:
    """The chains of processes; those in `alive` belong to a process that lives."""

    def __init__(self, log: MemoryAuditLog | None = None) -> None:
        self.log = log or MemoryAuditLog()
        self.alive: set[UUID] = set()

    async def origin(self) -> str:
        """The name of the log."""
        return self.log.origin

    async def begin(self, process: UUID, first: ChainedRecord) -> None:
        """Begin the chain of a process with its first record."""
        self.log.keep(process_chain(process), [first])
        self.alive.add(process)

    async def append(self, process: UUID, records: Sequence[ChainedRecord]) -> None:
        """Append records to a chain that has no seal."""
        chain = process_chain(process)
        kept = self.log.chains.get(chain)
        if not kept or kept[-1].seal:
            raise ChainSealed(chain)
        self.log.keep(chain, records)

    async def length(self, process: UUID) -> int:
        """The number of the last record."""
        return self.log.state(process_chain(process)).length

    async def is_kept(self, process: UUID, record: ChainedRecord) -> bool:
        """Whether this very record is in a chain."""
        kept = self.log.chains.get(process_chain(process), ())
        return any((each.index, each.hash) == (record.index, record.hash) for each in kept)

    async def seal(self, process: UUID, seal: ChainedRecord) -> None:
        """Append the seal to a chain of this process."""
        await self.append(process, [seal])
        self.alive.discard(process)

    async def dead_chains(self) -> Sequence[ChainState]:
        """The chains of dead processes without a seal."""
        living = {process_chain(process) for process in self.alive}
        return [
            self.log.state(chain)
            for chain, kept in self.log.chains.items()
            if chain.startswith("process/") and chain not in living and not kept[-1].seal
        ]

    async def seal_dead(self, process: UUID, seal: ChainedRecord) -> bool:
        """Append the seal to the chain of a dead process."""
        if process in self.alive:
            return False
        try:
            await self.append(process, [seal])
        except (ChainSealed, StoreFault):
            return False
        return True
