"""Storage and signing that the proof of the audit needs: places of records, tiles, checkpoints."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from raas.domain.audit.chain import ChainState
from raas.domain.audit.criteria import Criteria
from raas.domain.audit.note import VerifierKey
from raas.domain.audit.record import AuditRecord
from raas.domain.audit.tiles import TilePart, TilePlace


@dataclass(frozen=True, slots=True)
class NewRecords:
    """Records of one chain that are in no checkpoint yet: their hashes, from record number `first` on."""

    chain: str
    first: int
    hashes: Sequence[bytes]
    sealed: bool
    """Whether the last of them is the seal of the chain."""


@dataclass(frozen=True, slots=True)
class LoggedRange:
    """Records `first` to `last` of one chain at consecutive leaves, from leaf `leaf` on."""

    leaf: int
    chain: str
    first: int
    last: int
    checkpoint: int
    """The number of the first checkpoint that covers them."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it is kept; `record` is None where it was removed with its month and its hash was kept."""

    chain: str
    index: int
    hash: bytes
    record: AuditRecord | None
    criteria: Criteria | None = None
    seal: bool = False


@dataclass(frozen=True, slots=True)
class CheckpointToStore:
    """Everything that one checkpoint adds, to be stored in one transaction."""

    number: int
    size: int
    note: bytes
    ranges: Sequence[LoggedRange]
    parts: Sequence[TilePart]
    chains: Sequence[ChainState]
    """The chains of `ranges` in their state at this checkpoint."""
    sealed: Collection[str]
    """Those of them that are sealed."""


@dataclass(frozen=True, slots=True)
class Removal:
    """The records removed with their month: all before leaf `first`, the size of checkpoint `checkpoint`.

    `chains` are the open chains in their state at that checkpoint.
    """

    first: int
    checkpoint: int
    chains: Sequence[ChainState]


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The end of a chain: `covered` records are in the log, the last of them the seal if `sealed`.

    `last` is the highest number of its stored records, 0 = there is none. `has_seal`: its process has ended.
    `head` is the state that writers of a register followed before `last` was read, `following` the length
    that they followed afterwards; None = there is none, or it is that of a process.
    """

    chain: str
    covered: int
    sealed: bool
    last: int
    has_seal: bool
    head: ChainState | None = None
    following: int | None = None


class CheckpointTaken(Exception):
    """The checkpoint does not follow the last one: another process has stored one meanwhile."""


class ProofStore(Protocol):
    """The database of the audit, for one log; nothing in it is ever changed. Raises PortErrors."""

    async def newest_note(self) -> bytes | None:
        """The checkpoint with the highest number; None before the first."""

    async def note(self, number: int) -> bytes | None:
        """The checkpoint with this number."""

    async def open_chains(self) -> Sequence[ChainState]:
        """The chains without seal, in their state at the newest checkpoint."""

    async def new_records(self, logged: Sequence[ChainState], limit: int) -> Sequence[NewRecords]:
        """Committed records that follow these states, and those of chains that are not among them.

        About `limit` of them at most; those of a chain without gaps from its state on, so that a record that
        is committed before the one before it waits for the next checkpoint.
        """

    async def tiles(self, places: Collection[TilePlace]) -> Mapping[TilePlace, Sequence[bytes]]:
        """The hashes of these tiles, the parts of each put together; a tile without parts is left out."""

    async def store(self, checkpoint: CheckpointToStore) -> None:
        """Store the checkpoint after the last one with all that belongs to it, or nothing.

        Raises CheckpointTaken.
        """

    async def ranges(self, first_leaf: int, limit: int) -> Sequence[LoggedRange]:
        """The logged ranges from the one that holds this leaf on, in the order of leaves."""

    async def range_of(self, chain: str, index: int) -> LoggedRange | None:
        """The logged range that holds this record; None where no checkpoint covers it yet."""

    async def records(self, chain: str, first: int, last: int) -> Sequence[StoredRecord]:
        """The stored records with these numbers, ascending; one that does not exist is left out."""

    async def records_of_call(self, call_id: UUID) -> Sequence[StoredRecord]:
        """The records of a call."""

    async def delivered(self, destination: str) -> int:
        """The highest number that was delivered to the destination of this name; 0 = none."""

    async def record_delivery(self, destination: str, number: int) -> None:
        """Remember that a checkpoint was delivered; again changes nothing."""

    async def removal(self) -> Removal | None:
        """The newest removal of records; None where nothing was removed."""


class Signer(Protocol):
    """A private key. Signing may take long (a command, a device) and is called in a thread."""

    @property
    def key(self) -> VerifierKey:
        """The public key."""

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of these bytes. Raises KeyUnusable."""


class KeyUnusable(Exception):
    """A key cannot be used (now); the text says which and why, and never holds a key."""


class CheckpointDestination(Protocol):
    """A place outside the database that keeps checkpoints, out of reach of its administrators."""

    async def newest(self) -> bytes | None:
        """The note with the highest number that is kept there; None = none, or the place cannot say."""

    async def deliver(self, number: int, note: bytes) -> None:
        """Keep a note; delivering the same note again changes nothing. Raises DeliveryFailed."""


class DeliveryFailed(Exception):
    """A destination did not take a checkpoint; the text says why."""


class CheckpointerLock(Protocol):
    """The lock of the one process that makes checkpoints; a process that stands still loses it."""

    async def take(self) -> bool:
        """Whether this process has the lock now: it kept it since the last call, or it was free.

        Raises StoreUnavailable, also when the lock was lost since the last call; StoreFault.
        """

    def release(self) -> None:
        """Give up the lock, if this process has it."""
