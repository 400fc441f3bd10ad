"""A store of the audit in memory whose appends fail as told, and what it has kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from raas.domain.audit.chain import new_chain, process_chain
from raas.domain.audit.record import Actor, AuditRecord, RecordKind, record_texts
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.memory.audit.store import MemoryAuditStore
from raas.usecases.ports.audit.chains import ChainedRecord, follow
from raas.usecases.ports.errors import CommitUnknown, StoreFault, StoreUnavailable
from raas.usecases.recording.process_chain import seal_record

CALLER = Actor(EnterpriseNumber(999999922), "portal")
REFUSED_RPC = "/a/Refused"
Fault = Callable[["FaultyStore", UUID, Sequence[ChainedRecord]], None]


class FaultyStore(MemoryAuditStore):
    """A store whose appends take one of `faults` after the other, until there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[Fault] = []
        self.unreadable = 0
        """How many questions about the outcome of a commit fail."""
        self.appends = 0
        self.open = asyncio.Event()
        """Appends wait for it."""
        self.open.set()

    async def append(self, process: UUID, records: Sequence[ChainedRecord]) -> None:
        self.appends += 1
        await self.open.wait()
        if self.faults:
            self.faults.pop(0)(self, process, records)
        if any((each.record.kind, each.record.rpc) == (RecordKind.CALL, REFUSED_RPC) for each in records):
            raise StoreFault("a value that the store does not take")
        await super().append(process, records)

    async def is_kept(self, process: UUID, record: ChainedRecord) -> bool:
        self._read()
        return await super().is_kept(process, record)

    async def length(self, process: UUID) -> int:
        self._read()
        return await super().length(process)

    def _read(self) -> None:
        if self.unreadable:
            self.unreadable -= 1
            raise StoreUnavailable("no connection")

    @property
    def processes(self) -> list[UUID]:
        """The processes of the chains, in the order in which they began."""
        return [UUID(chain.removeprefix("process/")) for chain in self.log.chains]

    def kept(self, kind: RecordKind = RecordKind.CALL) -> list[AuditRecord]:
        """The records of a kind in all chains; fails where one does not follow the one before it."""
        found = []
        for chain, records in self.log.chains.items():
            state = new_chain(self.log.origin, chain)
            for stored in records:
                assert stored.record is not None
                state = state.follow(record_texts(stored.record))
                assert (stored.index, stored.hash) == (state.length, state.head)
                if stored.record.kind is kind:
                    found.append(stored.record)
        return found

    def causes(self) -> list[object]:
        """The cause of the seal of each chain; None = it is open."""
        last = [records[-1].record for records in self.log.chains.values()]
        return [record.details.get("cause") if record is not None else None for record in last]


def unavailable(store: FaultyStore, process: UUID, records: Sequence[ChainedRecord]) -> None:
    """Nothing is appended, and that is known."""
    raise StoreUnavailable("no connection")


def lost(store: FaultyStore, process: UUID, records: Sequence[ChainedRecord]) -> None:
    """Nothing is appended, and that is not known."""
    raise CommitUnknown("lost at COMMIT")


def committed(store: FaultyStore, process: UUID, records: Sequence[ChainedRecord]) -> None:
    """The records are appended, and that is not known."""
    store.log.keep(process_chain(process), records)
    raise CommitUnknown("lost at COMMIT")


def sealed_by_another(store: FaultyStore, process: UUID, records: Sequence[ChainedRecord]) -> None:
    """Nothing is appended but the seal of another process, which took this one for dead."""
    chain = process_chain(process)
    _, (seal,) = follow(store.log.state(chain), [(seal_record("died", "process/other"), None)])
    store.log.keep(chain, [seal])
    raise CommitUnknown("lost at COMMIT")
