"""What the verbs need from outside, as contracts.

Errors of every port, engine-neutral:

    PortError
      StoreUnavailable    nothing was written; the same call may succeed later
      CommitUnknown       the connection died at COMMIT and the outcome could not be learned
      StoreFault          the store refused a statement; nothing of that transaction was written
      SourceUnavailable   the authentic source did not answer in time
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from raas.domain.calendar.periods import Lines, Period
from raas.domain.errors import Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.mutation import Mutation, MutationKind, Stamp
from raas.domain.registers.register import Register
from raas.domain.registers.shares import Shares


class PortError(Exception):
    """Something outside did not do its part."""


class StoreUnavailable(PortError):
    """The store does not answer; nothing was written."""


class CommitUnknown(PortError):
    """The connection was lost at COMMIT and the outcome could not be learned."""


class StoreFault(PortError):
    """The store refused a statement; nothing of that transaction was written."""


class SourceUnavailable(PortError):
    """The authentic source did not answer in time."""


# ---- writing: the write lane and its store ------------------------------------------------------

DossierKey = tuple[Niss, int]
"""A dossier inside one register: the number and the id of the dossier type."""

RequestKey = tuple[EnterpriseNumber, str]
"""An idempotency key inside one register: the actor and its request id."""

ImportKey = tuple[EnterpriseNumber, str]
"""An import inside one register: the actor and its import id."""


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
    """What a request id was answered, for whoever asks again with the same body."""

    body_hash: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a write transaction needs to know before it starts."""

    dossiers: Iterable[DossierKey] = ()
    persons: bool = False
    """Whether the store itself says who the numbers are: they are read under the lock, replaced ones are
    followed, and the dossiers loaded are those of the final successors."""
    requests: Sequence[RequestKey] = ()
    imports: Sequence[ImportKey] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the store knows, read after the lock of the register was granted."""

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
    detail: Mapping[str, Any] | None = None
    dossier_types: tuple[str, ...] = ()
    """Codes of the types concerned, where no single dossier changed."""
    content_id: int | None = None
    """What is kept about a person beside the log; `detail` carries its hash."""
    checksum: bytes = b""


@dataclass(frozen=True, slots=True)
class Written:
    """What a write transaction leaves, or a part of it; the mutations are consecutive."""

    mutations: Sequence[NewMutation]
    dossiers: Mapping[DossierKey, tuple[str, int]]
    """The text of the lines and the revision of every dossier that changed."""
    dossier_count_change: int
    record_time: datetime
    checksum: bytes
    """Of the last mutation, like `types_revision`: what the register row becomes."""
    types_revision: int
    types: Mapping[str, DossierType] = field(default_factory=dict)
    """Dossier types created or changed, by code."""
    shares: Mapping[DossierKey, Shares] = field(default_factory=dict)
    """The shares of these dossiers as they become; empty = the dossier unites no numbers any more."""
    requests: Mapping[RequestKey, AnsweredRequest] = field(default_factory=dict)
    imports: Mapping[ImportKey, int] = field(default_factory=dict)
    rejections: Sequence[tuple[ImportKey, int, Sequence[Violation]]] = ()
    """Rows of imports that were skipped: import, offset, what is wrong."""


class WriteTransaction(Protocol):
    """A transaction that holds the register row: nobody else writes this register until it ends."""

    loaded: Loaded

    async def write(self, written: Written) -> None:
        """Send a part of what is to be written, without waiting for it: the store works meanwhile.

        Parts follow each other like the revisions of their mutations. Raises like `commit`.
        """

    async def commit(self) -> None:
        """Keep all that was sent, or nothing. Raises StoreUnavailable, CommitUnknown, StoreFault."""


class WriteStore(Protocol):
    """The store as the write lane sees it."""

    def write(self, register_id: int, wanted: Wanted) -> AbstractAsyncContextManager[WriteTransaction]:
        """Lock the register, then load; leaving without commit rolls back.

        The load's snapshot begins after the lock is granted: it sees every committed write.
        """

    async def snapshot(self, register_id: int, wanted: Wanted) -> Loaded:
        """The same knowledge without a lock, for validate_only; may be outdated when it arrives."""

    async def dossier_types(self, register_id: int) -> DossierTypes:
        """All dossier types of the register as committed now."""

    async def rejections(
        self, register_id: int, key: ImportKey, first: int, end: int
    ) -> Sequence[tuple[int, Sequence[Violation]]]:
        """The rows of an import with first <= offset < end that were skipped, in order of offset."""


# ---- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DossierView:
    """A dossier as consulted: its lines and revision as of the revision asked."""

    niss: Niss
    dossier_type: str
    partner: EnterpriseNumber | None
    lines: Lines
    revision: int


@dataclass(frozen=True, slots=True)
class DossierFilter:
    """Which dossiers: an empty tuple matches all; at most one of the three period conditions is set.

    `overlaps`: a line shares a day with it. `active_on`: a line covers the day. `ends_between`: a line's
    last day lies within it (open lines never match).
    """

    nisses: tuple[Niss, ...] = ()
    dossier_types: tuple[str, ...] = ()
    overlaps: Period | None = None
    active_on: int | None = None
    ends_between: Period | None = None


@dataclass(frozen=True, slots=True)
class DossierPage:
    """Dossiers in order of (niss, dossier type code), and whether more follow."""

    dossiers: tuple[DossierView, ...]
    more: bool
    revision: int
    """The revision the page stands for (the pinned one, or the current one when none was asked)."""


class ReadStore(Protocol):
    """The store as readers see it; every call is one short transaction of its own."""

    async def resolve_time(self, register_id: int, instant: datetime) -> int:
        """The last revision recorded at or before `instant` (0 = none).

        Final: a write in flight that will be recorded at or before `instant` is waited for.
        Raises Refused VALUE_INVALID (sentence FUTURE_INSTANT) for an instant after the store's clock.
        """

    async def page(
        self,
        register_id: int,
        which: DossierFilter,
        at_revision: int | None,
        after: tuple[Niss, str] | None,
        limit: int,
    ) -> DossierPage:
        """Dossiers with at least one line, as they stood at `at_revision` (None = now), after the key.

        Raises Refused REVISION_IN_FUTURE, REVISION_EXPIRED (metadata oldest_revision).
        """

    async def history(
        self, register_id: int, nisses: Sequence[Niss], dossier_type: str | None, after: int, limit: int
    ) -> tuple[Sequence[Mutation], bool]:
        """Mutations of these numbers with revision > `after`, oldest first, and whether more follow."""

    async def dossiers_of(
        self,
        keys: Sequence[tuple[int, Niss]],
        at_revisions: Mapping[int, int],
    ) -> Mapping[tuple[int, Niss], Sequence[DossierView]]:
        """All dossiers with lines of these (register id, niss), as of the register's revision given.

        A register that `at_revisions` does not name is read as it is now. One statement, one snapshot.
        """

    async def successors_at(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[tuple[int, Niss], Niss]:
        """Those of these (register id, niss) that had been replaced, with their final successors then.

        As of the register's revision given, as far as the register's log tells: it does where the register
        had lines of the number when it was replaced, and the mutation is kept.
        """

    async def holders(self, nisses: Sequence[Niss]) -> Sequence[tuple[Register, Niss]]:
        """The registers that have, or had, a dossier of one of these numbers, by enterprise number."""

    async def numbers(self, register_id: int, after: Niss | None, limit: int) -> Sequence[Niss]:
        """Distinct numbers with at least one line in the register, ascending, after `after`."""


class RegisterStore(Protocol):
    """Registers themselves."""

    async def find(self, number: EnterpriseNumber) -> Register | None:
        """The register of this organisation as committed now."""

    async def find_many(self, numbers: Sequence[EnterpriseNumber]) -> Sequence[Register]:
        """The registers of these organisations that exist, in one snapshot."""

    async def create(self, number: EnterpriseNumber, name: str) -> Register:
        """A new, empty register. Raises Refused REGISTER_EXISTS."""

    async def rename(self, number: EnterpriseNumber, name: str) -> Register:
        """Change the name. Raises Refused REGISTER_UNKNOWN."""

    async def page(self, after: EnterpriseNumber | None, limit: int) -> Sequence[Register]:
        """Registers in order of enterprise number."""


# ---- persons ------------------------------------------------------------------------------------


class AuthenticSource(Protocol):
    """Who says which NISS exist and to whom they belong."""

    in_store: bool
    """Whether the register's own store holds the persons: writes then read them under the lock."""

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """What the source knows of these numbers; a number it does not know is absent.

        A source that knows no persons (`structure`) answers every number as ACTIVE.
        Raises SourceUnavailable.
        """

    async def numbers_of(self, nisses: Sequence[Niss]) -> Mapping[Niss, tuple[Niss, ...]]:
        """For each number all those of its person, itself among them.

        First the one that stands for the person now, then those it replaced in the end, in order. A number
        that the source does not know stands alone. Raises SourceUnavailable.
        """


# ---- audit --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    """What the audit needs of one call before its answer leaves (of one message, for streams)."""

    rpc: str
    caller: EnterpriseNumber
    register: EnterpriseNumber | None
    nisses: Iterable[Niss]
    """Numbers touched or shown."""
    revisions: tuple[int, int] | None
    """First and last revision shown, for what is read from the log."""
    outcome: str
    """OK, or the reason of the refusal."""


class Audit(Protocol):
    """Receives every visit before its answer leaves."""

    def record(self, visit: Visit) -> None:
        """Take note of a visit; must not block."""


class PageSeal(Protocol):
    """Makes page tokens opaque: what they carry cannot be read, forged or moved to another use."""

    def seal(self, content: Mapping[str, Any]) -> str:
        """A token for `content` (JSON values)."""

    def open(self, token: str) -> Mapping[str, Any]:
        """The content of a token made here or by another process on the same store.

        Raises Refused PAGE_TOKEN_INVALID.
        """
