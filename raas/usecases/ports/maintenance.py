"""The ports for trimming logs, erasing contents, and removing what was kept for its period."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
        the one after which it reads. oldest_revision moves in the transaction that deletes. The mutation at
        oldest_revision is kept: it has the checksum and the record time at the new beginning.
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


class DueContents(Protocol):
    """Access to the contents beside the log that may be due for erasure."""

    async def numbers_of(self, niss: Niss) -> Collection[Niss]:
        """All numbers of the person that has this number, including it."""

    async def count_before(self, instant: datetime) -> int:
        """The number of contents older than the instant that are not erased."""

    async def persons_before(self, instant: datetime, after: Niss, limit: int) -> Sequence[Niss]:
        """The first numbers after `after` with contents that are not erased, all older than the instant."""


class RequestAnswers(Protocol):
    """Access to the answers that are kept for repeated requests."""

    async def count_expired_requests(self) -> int:
        """The number of answers that were kept for their period."""

    async def delete_expired_requests(self) -> int:
        """Delete them; returns the number."""


@dataclass(frozen=True, slots=True)
class RemovedRecords:
    """A removal: all leaves before `first`, the size of checkpoint `checkpoint`, and these partitions."""

    first: int
    checkpoint: int
    partitions: Sequence[str]


class AuditRemoval(Protocol):
    """Access to the open log of the audit, for removing its oldest months; as the owner of the tables."""

    async def partitions_before(self, before: datetime) -> Sequence[str]:
        """The partitions of the months before an instant, the beginning of a month of UTC."""

    async def remove_before(self, before: datetime) -> RemovedRecords | None:
        """Remove the records of these months; None = no checkpoint covers them alone, and all are kept."""
