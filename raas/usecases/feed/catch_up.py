"""Catch-up: read the log in pages for a subscriber that is behind the recent log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from raas.domain.errors import Reason, refuse
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.view import WHOLE
from raas.usecases.feed.columns import columns_of
from raas.usecases.feed.prefetch import PrefetchedPage, Prefetcher
from raas.usecases.feed.read_size import ReadSize, read_limits
from raas.usecases.feed.recent_log import RecentLog, StreamMessage
from raas.usecases.feed.segments import require_no_gap, segment_of, segment_of_entries
from raas.usecases.feed.serialize import serialized, shown
from raas.usecases.ports.log import EVERYTHING, LogFilter, LogHead, LogPage, LogPoint, LogStore
from raas.usecases.ports.messages import Messages

CurrentIdentity = Callable[[], Awaitable[IdentityFields]]
"""Returns the fields of identities that a subscriber may see now, by rights that are fresh enough."""

_CONCURRENT_PAGES = 3
"""Pages of the log read and serialised at a time, over all subscribers, besides those read ahead."""


class LogPages:
    """The log, the limit on concurrent pages and the prefetcher, shared by all subscribers that catch up.

    The limit leaves the store to writers.
    """

    def __init__(self, logs: LogStore, messages: Messages, subscribers: Callable[[], int]) -> None:
        self.logs = logs
        self.messages = messages
        self.subscribers = subscribers
        self.slots = asyncio.Semaphore(_CONCURRENT_PAGES)
        self.prefetcher = Prefetcher()


class LogReader:
    """Reads the log for one subscriber that catches up; must be closed."""

    def __init__(
        self,
        pages: LogPages,
        recent_log: RecentLog,
        register_id: int,
        which: LogFilter,
        identity: CurrentIdentity,
    ) -> None:
        self._identity = identity
        self._pages = pages
        self._recent_log = recent_log
        self._register_id = register_id
        self._which = which
        self._read_size = ReadSize()
        self._prefetched: PrefetchedPage | None = None

    async def next(self, position: int, through: int) -> tuple[StreamMessage, LogPoint | None]:
        """The message that follows a position, and the log at its new `through`, where that was read.

        Raises Refused REVISION_EXPIRED when the position was trimmed away, LOG_REPLACED, REVISION_IN_FUTURE,
        INTERNAL for a missing revision; StoreUnavailable.
        """
        recent_log, messages = self._recent_log, self._pages.messages
        async with self._pages.slots:
            page = await self._page(position)
            segment = segment_of(page)
            self._prefetch(segment.position, page.head)
            encoded = await serialized(page.entries, recent_log.register, messages)
        self._read_size.measured(len(encoded), sum(map(len, encoded)))
        if len(encoded) < len(page.entries):
            segment = segment_of_entries(page.entries[: len(encoded)])
        if self._which == EVERYTHING:
            require_no_gap(segment, position)
        through = through if segment.through is None else segment.through
        if not segment.entries:
            return StreamMessage(b"", (), None, segment.position, through), segment.point
        encoded = encoded[: len(segment.entries)]
        columns = columns_of(segment.entries)
        # Asked for after the page was read, which may take a while.
        identity = await self._identity()
        entries = await shown(encoded, columns.kind, self._which.view or WHOLE, identity, messages)
        data = messages.mutations(recent_log.log_id, entries, through)
        nisses = tuple({niss: None for niss in columns.niss if niss is not None})
        revisions = segment.entries[0].revision, segment.entries[-1].revision
        count = len(segment.entries)
        return StreamMessage(data, nisses, revisions, segment.position, through, count), segment.point

    def close(self) -> None:
        """Discard the prefetched page."""
        if self._prefetched is not None:
            self._prefetched.drop()
            self._prefetched = None

    async def _page(self, position: int) -> LogPage:
        prefetched, self._prefetched = self._prefetched, None
        page = None if prefetched is None else await prefetched.page(position)
        if page is None:
            page = await self._read(position)
        head = page.head
        if head.log_id != self._recent_log.log_id:
            raise refuse(Reason.LOG_REPLACED, log_id=str(head.log_id))
        if head.oldest_revision > position:
            raise refuse(Reason.REVISION_EXPIRED, oldest_revision=str(head.oldest_revision))
        if head.latest.revision < position:
            raise refuse(Reason.REVISION_IN_FUTURE, latest_revision=str(head.latest.revision))
        return page

    def _prefetch(self, position: int, head: LogHead) -> None:
        if position < head.latest.revision and not self._recent_log.reaches(position):
            self._prefetched = self._pages.prefetcher.begin(position, lambda: self._read(position))

    async def _read(self, position: int) -> LogPage:
        entries = self._read_size.entries(self._pages.subscribers())
        limits = read_limits(self._which, entries)
        pages = await self._pages.logs.read({self._register_id: position}, self._which, limits)
        return pages[self._register_id]
