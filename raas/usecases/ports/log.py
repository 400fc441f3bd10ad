"""The ports for reading logs and for notifications of new mutations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.rights.view import RegisterView
from raas.usecases.ports.write_store import NewMutation


class LogPoint(NamedTuple):
    """The end of an indivisible group in a log: its revision, record time and checksum."""

    revision: int
    record_time: datetime
    checksum: bytes


@dataclass(frozen=True, slots=True)
class LogHead:
    """The committed state of a log; `oldest_revision` is the smallest valid after_revision."""

    register: EnterpriseNumber
    log_id: UUID
    oldest_revision: int
    latest: LogPoint


class LogEntry(NamedTuple):
    """A mutation as stored in the log, not parsed: hundreds of thousands of them are read in a second.

    `before` and `after` are `{[2024-01-01,2024-02-01),[2024-05-01,)}`, half-open, in order, no end = open,
    or the text of `lines_text` (raas.domain.registers.mutation). `detail` has JSON values, in the form of
    raas.domain.registers.stored_details. The other fields are those of `Mutation`.
    """

    revision: int
    batch_last_revision: int
    kind: int
    niss: Niss | None
    requested_niss: Niss | None
    dossier_type: str | None
    dossier_types: Sequence[str] | None
    before: str
    after: str
    record_time: datetime
    actor: EnterpriseNumber
    call_id: str
    request_id: str | None
    legal_context: str | None
    ticket: str | None
    application: str | None
    on_behalf_of: EnterpriseNumber | None
    checksum: bytes
    detail: Mapping[str, Any] | None
    content: Mapping[str, Any] | None = None
    """The contents beside the log; None = there are none, or they were erased."""
    content_erased_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """A filter of mutations; an empty field matches all.

    A type matches the dossier that changed, or any of the types that a change of a person concerns.
    `type_ids` are the ids of `dossier_types`; without them the store looks the types up at every read.
    """

    dossier_types: tuple[str, ...] = ()
    kinds: tuple[int, ...] = ()
    type_ids: tuple[int, ...] = ()
    nisses: tuple[Niss, ...] = ()
    view: RegisterView | None = None
    """The part of the register that the reader sees, where that is not all of it.

    The store does not apply it: `dossier_types` has its types, `Messages.restricted` leaves out the rest.
    """

    def seen(self, point: LogPoint) -> LogPoint:
        """A point of the log as the reader sees it: with hidden types it has no checksum."""
        if self.view is None or self.view.dossier_types is None:
            return point
        return point._replace(checksum=b"")


EVERYTHING = LogFilter()


class ReadLimits(NamedTuple):
    """The limits of one read: it examines `revisions` and returns at most `entries`."""

    revisions: int
    entries: int


@dataclass(frozen=True, slots=True)
class LogPage:
    """Matching entries of a log after a revision, from one snapshot.

    `edge` is the end of the revisions examined: the limit, or the end of the indivisible group at the limit.
    `limited`: the most entries were found that the limits allow; they may end inside a group.
    """

    head: LogHead
    edge: LogPoint
    entries: Sequence[LogEntry]
    limited: bool


class LogStore(Protocol):
    """Reads logs."""

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        """The heads of the logs of these registers, as committed now."""

    async def read(
        self, after: Mapping[int, int], which: LogFilter, reach: ReadLimits
    ) -> Mapping[int, LogPage]:
        """The page after each of these revisions (by register id); the limits apply to each log.

        Entries before the head's oldest_revision may be missing: the caller compares.
        """

    async def point(self, register_id: int, revision: int) -> LogPoint:
        """The log at a revision from oldest_revision on. Raises Refused REVISION_EXPIRED."""

    async def type_ids(self, register_id: int, codes: Collection[str]) -> Mapping[str, int]:
        """The ids of the dossier types with these codes; unknown ones are absent."""


class Notifications(Protocol):
    """Notifies other processes of registers with new mutations; notifications may be lost."""

    async def send(self, register_ids: Collection[int]) -> None:
        """Notify all other processes. Raises StoreUnavailable, StoreFault."""

    def listen(self) -> AbstractAsyncContextManager[AsyncIterator[Collection[int]]]:
        """Receive register ids from other processes; StoreUnavailable when the connection is lost."""


@dataclass(frozen=True, slots=True)
class CommittedBatch:
    """All mutations of one committed transaction; it ends at the end of an indivisible group."""

    log_id: UUID
    mutations: Sequence[NewMutation]
    point: LogPoint
    """The log after them; its record time is that of all of them."""
    code_of: Callable[[int], str]
    """The code of a dossier type by its id."""

    @property
    def after(self) -> int:
        """The revision before the first of them."""
        return self.mutations[0].revision - 1


OnCommit: TypeAlias = Callable[[int, CommittedBatch | None], None]
"""Called after a commit with the register id and the batch; None = read the mutations from the log."""
