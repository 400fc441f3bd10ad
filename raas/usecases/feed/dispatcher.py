"""The tailer: one per process, it reads what is new in the logs that somebody follows, once.

What a write of this process hands over is not even read. The tailer wakes up when told that a register
has new mutations, and looks at all of them now and then in case nobody told it. When many listen it waits
a little between two rounds, so that mutations go out together: what a message costs is paid per
subscriber, and writers need the processor too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import process_time

from raas.domain.errors import Reason, Refused, refuse
from raas.usecases.feed.committed import page_of
from raas.usecases.feed.pacing import Pace, PaceLimits
from raas.usecases.feed.recent_log import RecentLog, cached, wake
from raas.usecases.feed.segments import ReadSize, require_whole, segment_of, segment_of_entries
from raas.usecases.feed.serialize import serialized
from raas.usecases.ports.errors import PortError
from raas.usecases.ports.log import EVERYTHING, CommittedBatch, LogHead, LogPage, LogStore, ReadLimits
from raas.usecases.ports.messages import Messages


@dataclass(frozen=True, slots=True)
class DispatcherLimits:
    """How the tailer shares the process with everybody else."""

    pace: PaceLimits = field(default_factory=PaceLimits)
    poll_seconds: float = 1.0
    """How late news may be that nobody told."""
    poll_seconds_unheard: float = 0.1
    """The same while other processes cannot be heard."""
    keep_bytes: int = 8 * 1024 * 1024
    """Of recent mutations, over all registers."""


_WOKEN_TOGETHER = 64
"""Readers woken before the event loop gets a turn."""

_HANDED_MOST = 20_000
"""Mutations that wait to be published, over all registers; what goes beyond is read from the log."""

_RETRY_SECONDS = 0.2


class FeedDispatcher:
    """Keeps a tail for every register that is followed; `run` does the work until `close`."""

    def __init__(self, logs: LogStore, messages: Messages, limits: DispatcherLimits | None = None) -> None:
        self._logs = logs
        self._messages = messages
        self._limits = limits or DispatcherLimits()
        self._recent_logs: dict[int, RecentLog] = {}
        self._due: set[int] = set()
        """Registers whose log is to be read."""
        self._handed: dict[int, list[CommittedBatch]] = {}
        self._handed_mutations = 0
        self._news = asyncio.Event()
        self._next_poll = 0.0
        self._not_before = 0.0
        self._poll_seconds = self._limits.poll_seconds_unheard
        self._closed: Refused | None = None
        self._read_size = ReadSize()
        self._pace = Pace(self._limits.pace)
        self.readers = 0
        """Those who follow, whichever register."""

    # ---- what others tell it --------------------------------------------------------------------

    def committed(self, register_id: int, committed_batch: CommittedBatch | None = None) -> None:
        """The register has new mutations, to be read unless they are handed over; does next to nothing."""
        if register_id not in self._recent_logs:
            return
        if committed_batch is None or self._handed_mutations >= _HANDED_MOST:
            self._due.add(register_id)
        else:
            self._handed.setdefault(register_id, []).append(committed_batch)
            self._handed_mutations += len(committed_batch.mutations)
        self._news.set()

    def hears(self, others: bool) -> None:
        """Whether other processes can be heard from now on; what was missed is looked up at once."""
        limits = self._limits
        self._poll_seconds = limits.poll_seconds if others else limits.poll_seconds_unheard
        self._next_poll = 0.0
        self._news.set()

    def close(self) -> None:
        """End all streams with UNAVAILABLE, which a client retries on, and begin no more."""
        self._closed = refuse(Reason.UNAVAILABLE)
        for register_id in list(self._recent_logs):
            self._end(register_id, self._closed)
        self._news.set()

    # ---- for those who follow -------------------------------------------------------------------

    @asynccontextmanager
    async def follow(self, register_id: int) -> AsyncIterator[RecentLog]:
        """The tail of a register, kept up to date while the block lasts.

        Raises Refused UNAVAILABLE when closed, StoreUnavailable.
        """
        recent_log = self._recent_logs.get(register_id)
        if recent_log is None:
            head = (await self._logs.heads((register_id,)))[register_id]
            recent_log = self._recent_logs.setdefault(register_id, RecentLog(head, self._messages))
        if self._closed is not None:
            raise Refused(self._closed.violations)
        recent_log.followers += 1
        self.readers += 1
        try:
            yield recent_log
        finally:
            recent_log.followers -= 1
            self.readers -= 1
            if not recent_log.followers and self._recent_logs.get(register_id) is recent_log:
                del self._recent_logs[register_id]

    # ---- the work -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Publish what is new, round after round, until closed. The store may fail and come back."""
        loop = asyncio.get_running_loop()
        while self._closed is None:
            await self._until_due(loop)
            began = loop.time()
            try:
                woken = await self._round(began)
            except PortError:
                await asyncio.sleep(_RETRY_SECONDS)
                self._next_poll = 0.0
                continue
            self._not_before = began + self._pace.pause(began, woken)

    async def _until_due(self, loop: asyncio.AbstractEventLoop) -> None:
        if not (self._due or self._handed):
            self._news.clear()
            timer = loop.call_at(self._next_poll, self._news.set)
            await self._news.wait()
            timer.cancel()
        pause = self._not_before - loop.time()
        if pause > 0:
            await asyncio.sleep(pause)

    async def _round(self, now: float) -> int:
        """Publish what is due; answers how many readers were told."""
        for recent_log in self._recent_logs.values():
            recent_log.forget(now)
        if now >= self._next_poll and self._recent_logs:
            for register_id, head in (await self._logs.heads(list(self._recent_logs))).items():
                known = self._recent_logs.get(register_id)
                if known is not None and self._sound(register_id, known, head):
                    self._follow_up(register_id, known, head)
        if now >= self._next_poll:
            self._next_poll = now + self._poll_seconds
        woken = await self._publish_handed()
        after = {id_: self._recent_logs[id_].position for id_ in self._due if id_ in self._recent_logs}
        self._due.clear()
        if not after:
            return woken
        entries = self._read_size.entries(self.readers)
        try:
            pages = await self._logs.read(after, EVERYTHING, ReadLimits(entries, entries))
        except PortError:
            self._due.update(after)
            raise
        for register_id, page in pages.items():
            woken += await self._publish(register_id, after[register_id], page)
        return woken

    async def _publish_handed(self) -> int:
        """Publish what was handed over, except where the log is to be read anyway or tells more."""
        handed, self._handed, self._handed_mutations = self._handed, {}, 0
        woken = 0
        for register_id, committed_batches in handed.items():
            recent_log = self._recent_logs.get(register_id)
            if recent_log is None or register_id in self._due:
                continue
            after = recent_log.position
            page = page_of(recent_log.register, after, committed_batches)
            if page is None:
                self._due.add(register_id)
            else:
                woken += await self._publish(register_id, after, page)
        return woken

    def _sound(self, register_id: int, recent_log: RecentLog, head: LogHead) -> bool:
        """Whether the tail can go on in its log as it now is; ends it otherwise."""
        fault = recent_log.fault(head)
        if fault is not None:
            self._end(register_id, fault)
        return fault is None

    def _follow_up(self, register_id: int, recent_log: RecentLog, head: LogHead) -> None:
        if head.latest.revision > recent_log.position:
            self._due.add(register_id)

    async def _publish(self, register_id: int, after: int, page: LogPage) -> int:
        recent_log = self._recent_logs.get(register_id)
        # It may have been given up, and begun anew, while the page was read.
        if (
            recent_log is None
            or recent_log.position != after
            or not self._sound(register_id, recent_log, page.head)
        ):
            return 0
        if not page.entries:
            return 0
        written = await serialized(page.entries, recent_log.register, self._messages)
        self._read_size.took(len(written), sum(map(len, written)))
        whole = len(written) == len(page.entries)
        run = segment_of(page) if whole else segment_of_entries(page.entries[: len(written)])
        if self._recent_logs.get(register_id) is not recent_log:
            return 0
        try:
            require_whole(run, after)
        except Refused as hole:
            self._end(register_id, hole)
            return 0
        recent_log.keep_bytes = self._limits.keep_bytes // len(self._recent_logs)
        pieces = [cached(entry, data) for entry, data in zip(run.entries, written, strict=False)]
        recent_log.publish(run, pieces, asyncio.get_running_loop().time())
        self._follow_up(register_id, recent_log, page.head)
        return await self._wake(recent_log)

    def _end(self, register_id: int, why: Refused) -> None:
        recent_log = self._recent_logs.pop(register_id)
        recent_log.end(why)
        for waiter in recent_log.waiting():
            wake(waiter)

    async def _wake(self, recent_log: RecentLog) -> int:
        waiting = recent_log.waiting()
        used = -process_time()
        for first in range(0, len(waiting), _WOKEN_TOGETHER):
            for waiter in waiting[first : first + _WOKEN_TOGETHER]:
                wake(waiter)
            await asyncio.sleep(0)
        if len(waiting) >= _WOKEN_TOGETHER:
            # They have begun to send. On a busy machine that takes several times as long as on a quiet one.
            used += process_time()
            self._pace.took(used, len(waiting))
        return len(waiting)
