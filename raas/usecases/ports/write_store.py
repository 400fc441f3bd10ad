"""The store of the write queue: one transaction per register at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from raas.domain.audit.chain import ChainState
from raas.domain.calendar.periods import Lines
from raas.domain.errors import Violation
from raas.domain.json_value import JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.mutation import MutationKind, Stamp
from raas.domain.registers.shares import Shares
from raas.usecases.ports.audit.chains import ChainedRecord

DossierKey = tuple[Niss, int]
"""A dossier inside one register: the number and the id of the dossier type."""

RequestKey = tuple[str, str]
"""An idempotency key inside one register: the text of the caller's key and its request id."""

ImportKey = tuple[str, str]
"""An import inside one register: the text of the caller's key and its import id."""


@dataclass(frozen=True, slots=True)
class DossierState:
    """The lines of a dossier and its last mutation (0 = none yet)."""

    lines: Lines
    revision: int


@dataclass(frozen=True, slots=True)
class DossierTypes:
    """The dossier types of a register as of `revision`, by code and by id."""

    revision: int
    by_code: Mapping[str, tuple[int, DossierType]]
    by_id: Mapping[int, DossierType]


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A request id that was answered: its request and its answer, in the forms of docs/stored-forms.md."""

    fingerprint: bytes
    """From `calls.fingerprint`; a bare SHA-256 where an earlier version stored it."""
    answer: bytes
    """From `writes.stored_answer`; a message in protobuf where an earlier version stored it."""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """The data that a write transaction loads first."""

    dossiers: Iterable[DossierKey] = ()
    persons: bool = False
    """Whether the store is the authentic source: then it loads the states of the numbers under the lock, and
    the dossiers of their final successors."""
    requests: Sequence[RequestKey] = ()
    imports: Sequence[ImportKey] = ()
    types_in_use: Sequence[int] = ()
    """Ids of dossier types of which it must be known whether they have, or had, dossiers."""


@dataclass(frozen=True, slots=True)
class LoadedState:
    """The state of a register, read after its lock was granted."""

    register: EnterpriseNumber
    log_id: UUID
    revision: int
    checksum: bytes
    types_revision: int
    record_time: datetime
    """The instant of knowing of this transaction: never before that of an earlier mutation."""
    dossiers: Mapping[DossierKey, DossierState] = field(default_factory=dict)
    shares: Mapping[DossierKey, Shares] = field(default_factory=dict)
    """Of the dossiers that unite several numbers."""
    persons: Mapping[Niss, PersonState] = field(default_factory=dict)
    requests: Mapping[RequestKey, AnsweredRequest] = field(default_factory=dict)
    imports: Mapping[ImportKey, int] = field(default_factory=dict)
    types_in_use: frozenset[int] = frozenset()
    """Those of the wanted dossier types that have, or had, dossiers."""
    audit: ChainState | None = None
    """The chain of the audit records of the register; None = no records are kept, as in a snapshot."""


@dataclass(slots=True)
class NewMutation:
    """A mutation to write; texts are those of the checksum (domain/registers/mutation.py)."""

    revision: int
    batch_last_revision: int
    previous_revision: int
    kind: MutationKind
    niss: Niss | None
    requested_niss: Niss | None
    dossier_type_id: int | None
    before: str
    after: str
    stamp: Stamp
    detail: JsonObject | None = None
    dossier_types: tuple[str, ...] = ()
    """Codes of the types concerned, where no single dossier changed."""
    content_id: int | None = None
    """The content about a person beside the log; `detail` holds its hash."""
    checksum: bytes = b""


@dataclass(frozen=True, slots=True)
class WriteSet:
    """The writes of a transaction, or a part of them; the mutations are consecutive."""

    mutations: Sequence[NewMutation]
    dossiers: Mapping[DossierKey, tuple[str, int]]
    """The text of the lines and the revision of every dossier that changed."""
    dossier_count_change: int
    record_time: datetime
    checksum: bytes
    """Of the last mutation; like `types_revision`, a new value of the head."""
    types_revision: int
    types: Mapping[str, DossierType] = field(default_factory=dict)
    """Dossier types created or changed, by code."""
    shares: Mapping[DossierKey, Shares] = field(default_factory=dict)
    """The shares of these dossiers as they become; empty = the dossier unites no numbers any more."""
    requests: Mapping[RequestKey, AnsweredRequest] = field(default_factory=dict)
    imports: Mapping[ImportKey, int] = field(default_factory=dict)
    rejections: Sequence[tuple[ImportKey, int, Sequence[Violation]]] = ()
    """Rows of imports that were skipped: import, offset, violations."""
    audit: Sequence[ChainedRecord] = ()
    """Audit records that follow `LoadedState.audit`, or those of the part before; also without mutations."""


class WriteTransaction(Protocol):
    """A transaction that holds the lock of the register: no other one writes it until this one ends."""

    loaded: LoadedState

    async def write(self, written: WriteSet) -> None:
        """Send a part of the writes without waiting for the result: the store works meanwhile.

        Parts follow each other like the revisions of their mutations. Raises like `commit`.
        """

    async def commit(self) -> None:
        """Keep all that was sent, or nothing. Raises StoreUnavailable, CommitUnknown, StoreFault."""


class WriteStore(Protocol):
    """The store of the write queue."""

    def write(self, register_id: int, wanted: LoadRequest) -> AbstractAsyncContextManager[WriteTransaction]:
        """Lock the register, then load; leaving without commit rolls back.

        The load's snapshot begins after the lock is granted: it sees every committed write.
        """

    async def snapshot(self, register_id: int, wanted: LoadRequest) -> LoadedState:
        """The same knowledge without a lock, for validate_only; may be outdated when it arrives."""

    async def dossier_types(self, register_id: int) -> DossierTypes:
        """All dossier types of the register as committed now."""

    async def adopt_import(self, register_id: int, key: ImportKey, earlier: str) -> None:
        """Give the import under the caller `earlier` to the caller of `key`, unless that has one."""

    async def rejections(
        self, register_id: int, key: ImportKey, first: int, end: int
    ) -> Sequence[tuple[int, Sequence[Violation]]]:
        """The rows of an import with first <= offset < end that were skipped, in order of offset."""
