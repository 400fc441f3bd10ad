"""Following a log from a position on: through its pages while behind, from the tail when at its head."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import closing

from raas.domain.errors import Reason, refuse
from raas.usecases.feed.columns import columns_of
from raas.usecases.feed.prefetch import PrefetchedPage, Prefetcher
from raas.usecases.feed.recent_log import RecentLog, StreamMessage
from raas.usecases.feed.segments import ReadSize, require_whole, segment_of, segment_of_entries
from raas.usecases.feed.serialize import serialized
from raas.usecases.ports.log import EVERYTHING, LogFilter, LogHead, LogPage, LogPoint, LogStore, ReadLimits
from raas.usecases.ports.messages import Messages

_FILTERED_REVISIONS = 20_000
"""Revisions that one reading looks through for the few that match."""

_READING_AT_ONCE = 3
"""Pages of the log read and written down at a time, over all who are behind."""


class LogPages:
    """Reads the log for those who are behind, a few at a time: writers need the store as well."""

    def __init__(self, logs: LogStore, messages: Messages, readers: Callable[[], int]) -> None:
        self.logs = logs
        self.messages = messages
        self.readers = readers
        self.turns = asyncio.Semaphore(_READING_AT_ONCE)
        self.ahead = Prefetcher()


class LogReader:
    """Reads a log for one who is behind; to be closed."""

    def __init__(self, pages: LogPages, recent_log: RecentLog, register_id: int, which: LogFilter) -> None:
        self._pages = pages
        self._recent_log = recent_log
        self._register_id = register_id
        self._which = which
        self._read_size = ReadSize()
        self._ahead: PrefetchedPage | None = None

    async def next(self, position: int, through: int) -> tuple[StreamMessage, LogPoint | None]:
        """What follows a position, and what the log says at its new `through`, where that was read.

        Raises Refused REVISION_EXPIRED when it was trimmed away, LOG_REPLACED, REVISION_IN_FUTURE.
        """
        recent_log, messages = self._recent_log, self._pages.messages
        async with self._pages.turns:
            page = await self._page(position)
            run = segment_of(page)
            self._read_ahead(run.position, page.head)
            written = await serialized(page.entries, recent_log.register, messages)
        self._read_size.took(len(written), sum(map(len, written)))
        if len(written) < len(page.entries):
            run = segment_of_entries(page.entries[: len(written)])
        if self._which == EVERYTHING:
            require_whole(run, position)
        through = through if run.through is None else run.through
        if not run.entries:
            return StreamMessage(None, (), None, run.position, through), run.point
        data = messages.mutations(recent_log.log_id, b"".join(written[: len(run.entries)]), through)
        nisses = tuple({niss: None for niss in columns_of(run.entries).niss if niss is not None})
        shown = run.entries[0].revision, run.entries[-1].revision
        return StreamMessage(data, nisses, shown, run.position, through), run.point

    def close(self) -> None:
        """Give up what was read ahead."""
        if self._ahead is not None:
            self._ahead.drop()
            self._ahead = None

    async def _page(self, position: int) -> LogPage:
        ahead, self._ahead = self._ahead, None
        page = None if ahead is None else await ahead.page(position)
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

    def _read_ahead(self, position: int, head: LogHead) -> None:
        if position < head.latest.revision and not self._recent_log.reaches(position):
            self._ahead = self._pages.ahead.begin(position, lambda: self._read(position))

    async def _read(self, position: int) -> LogPage:
        entries = self._read_size.entries(self._pages.readers())
        revisions = entries if self._which == EVERYTHING else _FILTERED_REVISIONS
        reach = ReadLimits(revisions, entries)
        pages = await self._pages.logs.read({self._register_id: position}, self._which, reach)
        return pages[self._register_id]


async def follow_log(
    recent_log: RecentLog,
    register_id: int,
    position: int,
    which: LogFilter,
    heartbeat_seconds: float,
    pages: LogPages,
    messages: Messages,
) -> AsyncGenerator[StreamMessage, None]:
    """Everything that matches after a position, for ever, and a bookmark after every quiet interval.

    Of the reader only a position is kept while it waits or is slow. Raises Refused when the tail ends:
    UNAVAILABLE at shutdown, LOG_REPLACED, REVISION_EXPIRED.
    """
    loop = asyncio.get_running_loop()
    through, point = position, None
    heartbeat_at = loop.time() + heartbeat_seconds
    with closing(LogReader(pages, recent_log, register_id, which)) as reader:
        while True:
            recent_log.require_open()
            if recent_log.reaches(position):
                shipment = recent_log.next(position, which)
                if shipment is None:
                    await recent_log.beyond(position, heartbeat_at)
            else:
                shipment, point = await reader.next(position, through)
            if shipment is not None:
                position, through = shipment.position, shipment.through
                if shipment.data is not None:
                    yield shipment
                    heartbeat_at = loop.time() + heartbeat_seconds
                    continue
            if loop.time() >= heartbeat_at:
                known = recent_log.point if position == recent_log.position else point
                # A bookmark never lies behind what was said before.
                if known is not None and through <= known.revision <= position:
                    data = messages.bookmark(recent_log.log_id, known, snapshot_complete=False)
                    yield StreamMessage(data, (), None, position, through)
                heartbeat_at = loop.time() + heartbeat_seconds
