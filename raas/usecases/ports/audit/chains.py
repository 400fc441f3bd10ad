"""The store of the audit: the chains of processes, and the records that a write transaction carries.

A record of a read, a refusal or a command is appended to the chain of its process, in a transaction of its
own (`AuditStore`). A record of a write on a register is appended to the chain of the register by the very
transaction that writes it: `LoadedState.audit` is the state of that chain, `WriteSet.audit` has the records
that follow it (`ports/write_store.py`).

Whoever appends computes number and hash of each record (`domain/audit/chain.py`); a store keeps them as they
are, and never changes or deletes a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from raas.domain.audit.chain import ChainState
from raas.domain.audit.criteria import Criteria
from raas.domain.audit.record import AuditRecord, record_texts
from raas.usecases.ports.errors import PortError


@dataclass(slots=True)
class ChainedRecord:
    """A record at its place in a chain; `criteria` are kept beside it and can be erased.

    Nobody changes it; it is not frozen, like `AuditRecord`.
    """

    index: int
    """Its number in the chain, from 1."""
    hash: bytes
    texts: Sequence[str]
    """Its canonical texts, of which a store keeps what it needs."""
    record: AuditRecord
    criteria: Criteria | None = None


class ChainSealed(PortError):
    """The chain has a seal, or was never begun: nothing was appended, and nothing ever will be."""


class AuditStore(Protocol):
    """The chains of processes, of the log that is open now. Raises PortErrors.

    A process appends to its chain in order, one call after the other.
    """

    async def origin(self) -> str:
        """The name of the log that is open, which is part of the beginning of every chain."""

    async def begin(self, process: UUID, first: ChainedRecord) -> None:
        """Begin the chain of a process with its first record, in one transaction.

        From now on the chain belongs to a process that is alive, until it is sealed or the process ends.
        """

    async def append(self, process: UUID, records: Sequence[ChainedRecord]) -> None:
        """Append records in one transaction, with their criteria; they are committed on return.

        Raises ChainSealed, StoreUnavailable, StoreFault (nothing was appended: also where the first record
        does not follow the last one), CommitUnknown.
        """

    async def length(self, process: UUID) -> int:
        """The number of the last committed record of a chain; 0 = it was never begun.

        Waits for an `append` whose commit is unknown: that one cannot be committed any more on return.
        """

    async def is_kept(self, process: UUID, record: ChainedRecord) -> bool:
        """Whether this very record is in a chain: the outcome of an `append` whose commit is unknown.

        Waits like `length`. Raises CommitUnknown where that one does not end.
        """

    async def seal(self, process: UUID, seal: ChainedRecord) -> None:
        """Append the seal to a chain of this process, which ends. Raises like `append`."""

    async def dead_chains(self) -> Sequence[ChainState]:
        """The chains without a seal whose process does not live any more, after their last records."""

    async def seal_dead(self, process: UUID, seal: ChainedRecord) -> bool:
        """Append the seal to the chain of a process that died.

        False = nothing was appended: the process is alive, another one sealed the chain, or the seal does not
        follow the last record.
        """


def follow(
    state: ChainState, records: Iterable[tuple[AuditRecord, Criteria | None]]
) -> tuple[ChainState, Sequence[ChainedRecord]]:
    """These records chained after a state, and the state after them. Raises ValueError like `entry_hash`."""
    chained = []
    for record, criteria in records:
        texts = record_texts(record)
        state = state.follow(texts)
        chained.append(ChainedRecord(state.length, state.head, texts, record, criteria))
    return state, chained
