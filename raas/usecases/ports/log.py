"""The log of mutations as its readers see it, and notifications of new entries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.ports.write_store import NewMutation


class LogPoint(NamedTuple):
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
    latest: LogPoint


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


class ReadLimits(NamedTuple):
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
    edge: LogPoint
    entries: Sequence[LogEntry]
    limited: bool


class LogStore(Protocol):
    """The logs as their readers see them."""

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        """The logs of these registers as committed now."""

    async def read(
        self, after: Mapping[int, int], which: LogFilter, reach: ReadLimits
    ) -> Mapping[int, LogPage]:
        """What follows these revisions in the logs of these registers; each register has its own reach.

        What is older than the head's oldest_revision may be missing: the reader compares.
        """

    async def point(self, register_id: int, revision: int) -> LogPoint:
        """What the log says at a revision from oldest_revision on. Raises Refused REVISION_EXPIRED."""

    async def type_ids(self, register_id: int, codes: Collection[str]) -> Mapping[str, int]:
        """The ids of the dossier types with these codes; unknown ones are absent."""


class Notifications(Protocol):
    """How processes tell each other that registers have new mutations; news may get lost."""

    async def send(self, register_ids: Collection[int]) -> None:
        """Tell all other processes. Raises StoreUnavailable, StoreFault."""

    def listen(self) -> AbstractAsyncContextManager[AsyncIterator[Collection[int]]]:
        """What other processes tell from now on; its iterator raises StoreUnavailable when it must end."""


@dataclass(frozen=True, slots=True)
class CommittedBatch:
    """The mutations of one committed transaction: all of them, so no indivisible group is open at its end."""

    log_id: UUID
    mutations: Sequence[NewMutation]
    point: LogPoint
    """What the log says after them; all were recorded at its time."""
    code_of: Callable[[int], str]
    """The code of a dossier type by its id."""

    @property
    def after(self) -> int:
        """The revision that they follow."""
        return self.mutations[0].revision - 1


OnCommit: TypeAlias = Callable[[int, CommittedBatch | None], None]
"""Hears that a register has new mutations, after their commit; None = they are to be read."""
