"""What the stream of mutations needs from outside, as contracts. Errors are those of ports.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.ports.register_ports import DossierView


class Mark(NamedTuple):
    """A point of a log where no indivisible group is open, and what the log says there."""

    revision: int
    record_time: datetime
    checksum: bytes


@dataclass(frozen=True, slots=True)
class LogHead:
    """The log of a register as committed; `oldest_revision` is the smallest valid after_revision."""

    register: EnterpriseNumber
    log_id: UUID
    oldest_revision: int
    latest: Mark


class LogEntry(NamedTuple):
    """A mutation as the log keeps it: hundreds of thousands of them pass in a second, so nothing is parsed.

    `before` and `after` are `{[2024-01-01,2024-02-01),[2024-05-01,)}`: half-open, in order, no end = open; or
    the same as `domain.mutation.lines_text` writes it.
    `detail` is JSON values, as `domain.mutation_json` says.
    Everything else is as in `domain.mutation.Mutation`.
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
    checksum: bytes
    detail: Mapping[str, Any] | None
    content: Mapping[str, Any] | None = None
    """The body of what stands beside the log; None = there is none, or it was erased."""
    content_erased_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which mutations; an empty part matches all. `type_ids` are the ids of the codes `dossier_types`.

    A type matches the dossier that changed, or any of the types that news about a person concerns.
    """

    dossier_types: tuple[str, ...] = ()
    kinds: tuple[int, ...] = ()
    type_ids: tuple[int, ...] = ()
    nisses: tuple[Niss, ...] = ()


EVERYTHING = LogFilter()


class Reach(NamedTuple):
    """How far one reading of a log goes: it looks through `revisions` and answers at most `entries`."""

    revisions: int
    entries: int


@dataclass(frozen=True, slots=True)
class LogPage:
    """Matching entries after a revision, all of one snapshot of the store.

    `edge` is the end of what was looked through: where the reach ends, or the indivisible group that it
    ends in. `limited`: there were as many entries as the reach allows; they may end inside a group.
    """

    head: LogHead
    edge: Mark
    entries: Sequence[LogEntry]
    limited: bool


class LogStore(Protocol):
    """The logs as their readers see them."""

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        """The logs of these registers as committed now."""

    async def read(self, after: Mapping[int, int], which: LogFilter, reach: Reach) -> Mapping[int, LogPage]:
        """What follows these revisions in the logs of these registers; each register has its own reach.

        What is older than the head's oldest_revision may be missing: the reader compares.
        """

    async def mark(self, register_id: int, revision: int) -> Mark:
        """What the log says at a revision from oldest_revision on. Raises Refused REVISION_EXPIRED."""

    async def type_ids(self, register_id: int, codes: Collection[str]) -> Mapping[str, int]:
        """The ids of the dossier types with these codes; unknown ones are absent."""


class WakeUps(Protocol):
    """How processes tell each other that registers have new mutations; news may get lost."""

    async def send(self, register_ids: Collection[int]) -> None:
        """Tell all other processes. Raises StoreUnavailable, StoreFault."""

    def listen(self) -> AbstractAsyncContextManager[AsyncIterator[Collection[int]]]:
        """What other processes tell from now on; its iterator raises StoreUnavailable when it must end."""


class Messages(Protocol):
    """How what is streamed is written down: bytes that leave as they are."""

    def entries(self, register: EnterpriseNumber, entries: Sequence[LogEntry]) -> Sequence[bytes]:
        """Each of these mutations; those of several are joined without anything between them."""

    def mutations(self, log_id: UUID, entries: bytes, through_revision: int) -> bytes:
        """A message of joined entries."""

    def bookmark(self, log_id: UUID, mark: Mark, *, snapshot_complete: bool) -> bytes:
        """A message that says through which revision the stream is complete."""

    def snapshot(
        self,
        log_id: UUID,
        register: EnterpriseNumber,
        dossiers: Sequence[DossierView],
        resume_token: str,
        revision: int,
    ) -> bytes:
        """A message with a part of a snapshot."""


# ---- subscribers --------------------------------------------------------------------------------


class SubscriberKey(NamedTuple):
    """A named subscriber: whose, of which register, under which name."""

    register_id: int
    caller: EnterpriseNumber
    name: str


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A named subscriber as stored; `lag` counts the revisions after `acknowledged_revision`."""

    key: SubscriberKey
    log_id: UUID
    """The log that it acknowledged in."""
    dossier_types: tuple[str, ...]
    kinds: tuple[int, ...]
    acknowledged_revision: int
    lag: int
    connected: bool
    last_seen_time: datetime


class SubscriberStore(Protocol):
    """Where the places of named subscribers are kept; every call is one transaction of its own."""

    async def find(self, key: SubscriberKey) -> Subscriber | None:
        """The subscriber as stored now."""

    async def enter(self, key: SubscriberKey, log_id: UUID, which: LogFilter, revision: int) -> None:
        """A subscriber begins to read: created, or begun anew if log or filters differ, at `revision`.

        With the same log and filters its acknowledged revision stays.
        """

    async def acknowledge(self, key: SubscriberKey, log_id: UUID, revision: int) -> int:
        """Move forward to `revision`, never back; an unknown one is created without filters.

        One that acknowledged in another log is at `revision` now. Answers where it then is.
        """

    async def seen(self, connected: Collection[SubscriberKey], gone: Collection[SubscriberKey]) -> None:
        """Note which subscribers have a stream open here, and whose last one was closed."""

    async def page(
        self,
        register_id: int,
        caller: EnterpriseNumber | None,
        after: tuple[EnterpriseNumber, str] | None,
        limit: int,
    ) -> Sequence[Subscriber]:
        """Subscribers of a register (None = of all callers) in order of (caller, name), after the key."""

    async def delete(self, key: SubscriberKey) -> None:
        """Forget a subscriber, if there is one."""


# ---- trimming -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrimStep:
    """What one step of trimming did, and where the log then begins.

    `held_by` is the subscriber that keeps it from the goal: it has not acknowledged so much.
    """

    deleted: int
    oldest_revision: int
    held_by: SubscriberKey | None


class TrimStore(Protocol):
    """The logs as the one sees them who cuts them."""

    async def revision_at(self, register_id: int, instant: datetime) -> int:
        """The last revision recorded at or before `instant`; 0 when there is none that is still kept."""

    async def step(self, register_id: int, goal: int, entries: int, seen_since: datetime | None) -> TrimStep:
        """Under the lock of the register, give up about `entries` revisions on the way to `goal`.

        Ends where no indivisible group is open, and not beyond any subscriber seen since `seen_since`
        (None = no matter who reads). oldest_revision moves in the transaction that deletes. The mutation
        at oldest_revision itself is kept: it says what the log was at its new beginning.
        """

    async def renew(self, register_ids: Collection[int]) -> None:
        """Give each of these logs another log_id: all of them, or none."""
