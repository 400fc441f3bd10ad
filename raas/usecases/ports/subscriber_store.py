"""The port for named subscribers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from raas.usecases.ports.log import LogFilter


class SubscriberKey(NamedTuple):
    """The key of a named subscriber: the register, the text of the caller's key, and the name."""

    register_id: int
    caller: str
    name: str


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A named subscriber as stored; `lag` counts the revisions after `acknowledged_revision`."""

    key: SubscriberKey
    log_id: UUID
    """The log to which its acknowledged revision belongs."""
    dossier_types: tuple[str, ...]
    kinds: tuple[int, ...]
    acknowledged_revision: int
    lag: int
    connected: bool
    last_seen_time: datetime


class SubscriberStore(Protocol):
    """Stores named subscribers; each call is a transaction."""

    async def find(self, key: SubscriberKey) -> Subscriber | None:
        """The subscriber as stored now."""

    async def adopt(self, key: SubscriberKey, earlier: str) -> None:
        """Give the subscriber of the caller `earlier` to the caller of `key`, unless that has one."""

    async def enter(
        self, key: SubscriberKey, log_id: UUID, which: LogFilter, revision: int, reading: int | None = None
    ) -> None:
        """Record that a stream of a subscriber begins; the subscriber counts as connected.

        It is created, or reset, with the acknowledged revision `revision`; with the same log and filters its
        acknowledged revision is unchanged. The stream reads on after `reading` (None = `revision`): trimming
        keeps what follows it, or the acknowledged revision if that is smaller.
        """

    async def acknowledge(self, key: SubscriberKey, log_id: UUID, revision: int) -> int:
        """Move forward to `revision`, never back; an unknown subscriber is created without filters.

        A subscriber of another log is set to `revision`. One that was deleted while connected is created with
        the filters of its stream. Returns the acknowledged revision.
        """

    async def seen(self, connected: Collection[SubscriberKey], gone: Collection[SubscriberKey]) -> None:
        """Record which subscribers have a stream open in this process, and which closed their last one."""

    async def page(
        self,
        register_id: int,
        caller: str | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> Sequence[Subscriber]:
        """Subscribers of a register and a caller (None = all), ordered by (caller, name), after that key."""

    async def delete(self, key: SubscriberKey) -> None:
        """Delete the subscriber, if it exists; while it is connected, its filters are kept."""
