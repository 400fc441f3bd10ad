"""The subscribers that are remembered by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.ports.log import LogFilter


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
