"""Trimming logs and erasing contents."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from raas.domain.numbers.niss import Niss
from raas.usecases.ports.subscriber_store import SubscriberKey


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


class ContentStore(Protocol):
    """Facts about people beside the log, as those who erase them see them."""

    async def erase_before(self, instant: datetime, limit: int) -> int:
        """Erase at most `limit` contents older than the instant, the oldest first; answers how many."""

    async def erase_of(self, nisses: Collection[Niss], limit: int) -> int:
        """Erase at most `limit` contents about these numbers; answers how many."""

    async def numbers_of(self, niss: Niss) -> Collection[Niss]:
        """All numbers of the person to whom this one belongs, itself included."""
