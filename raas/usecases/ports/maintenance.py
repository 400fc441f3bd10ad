"""The ports for trimming logs and erasing contents."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from raas.domain.numbers.niss import Niss
from raas.usecases.ports.subscriber_store import SubscriberKey


@dataclass(frozen=True, slots=True)
class TrimStep:
    """The result of one step of trimming, and the new beginning of the log.

    `held_by` is the subscriber that has not acknowledged enough to reach the goal.
    """

    deleted: int
    oldest_revision: int
    held_by: SubscriberKey | None


class TrimStore(Protocol):
    """Access to logs for trimming."""

    async def revision_at(self, register_id: int, instant: datetime) -> int:
        """The last revision recorded at or before `instant`; 0 when none of them is kept."""

    async def step(self, register_id: int, goal: int, entries: int, seen_since: datetime | None) -> TrimStep:
        """Under the lock of the register, delete about `entries` revisions on the way to `goal`.

        The new beginning lies at the end of an indivisible group, and not beyond any subscriber seen since
        `seen_since` (None = ignore subscribers): neither beyond the revision that it acknowledged, nor beyond
        the one after which it reads. oldest_revision moves in the
        transaction that deletes. The mutation at oldest_revision is kept: it has the checksum and the record
        time at the new beginning.
        """

    async def renew(self, register_ids: Collection[int]) -> None:
        """Give each of these logs a new log_id: all of them, or none."""


class ContentStore(Protocol):
    """Access to contents about persons beside the log, for erasing them."""

    async def erase_before(self, instant: datetime, limit: int) -> int:
        """Erase at most `limit` contents older than the instant, the oldest first; returns the number."""

    async def erase_of(self, nisses: Collection[Niss], limit: int) -> int:
        """Erase at most `limit` contents about these numbers; returns the number."""

    async def numbers_of(self, niss: Niss) -> Collection[Niss]:
        """All numbers of the person that has this number, including it."""
