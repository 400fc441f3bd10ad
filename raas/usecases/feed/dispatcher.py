"""The dispatcher of the feed: one per process, it publishes new mutations to the subscribers at the head.

Batches committed by this process are published without reading the log. Other mutations are read once,
when a notification arrives, or when the dispatcher polls the logs that have subscribers. When there are
many subscribers it pauses between rounds, so that several mutations go out in one message: each message
costs processor time per subscriber, and writers need that time too.
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
from raas.usecases.feed.read_size import ReadSize, read_limits
from raas.usecases.feed.recent_log import RecentLog, cached, wake
from raas.usecases.feed.segments import require_no_gap, segment_of, segment_of_entries
from raas.usecases.feed.serialize import serialized
from raas.usecases.ports.errors import PortError, StoreUnavailable
from raas.usecases.ports.log import EVERYTHING, CommittedBatch, LogHead, LogPage, LogStore
from raas.usecases.ports.messages import Messages


@dataclass(frozen=True, slots=True)
class DispatcherLimits:
    """The limits of the dispatcher's share of the process."""

    pace: PaceLimits = field(default_factory=PaceLimits)
    poll_seconds: float = 1.0
    """The longest delay of a mutation whose notification was lost."""
    poll_seconds_not_listening: float = 0.1
    """The same while notifications of other processes cannot be received."""
    keep_bytes: int = 8 * 1024 * 1024
    """Recent mutations kept in memory, serialised, over all registers; each may keep an equal share."""


_WOKEN_TOGETHER = 64
"""Subscribers woken before the event loop runs other tasks."""

_QUEUED_MUTATIONS = 20_000
"""Committed mutations that wait to be published, over all registers; beyond, the log is read."""

_RETRY_SECONDS = 0.2


class FeedDispatcher:
    """Keeps the recent log of each register that has subscribers; `run` does the work until `close`."""

    def __init__(self, logs: LogStore, messages: Messages, limits: DispatcherLimits | None = None) -> None:
        self._logs = logs
        self._messages = messages
        self._limits = limits or DispatcherLimits()
        self._recent_logs: dict[int, RecentLog] = {}
        self._to_read: set[int] = set()
        """Registers whose log is to be read."""
        self._queued: dict[int, list[CommittedBatch]] = {}
        self._queued_mutations = 0
        self._work = asyncio.Event()
        self._next_poll = 0.0
        self._not_before = 0.0
        self._poll_seconds = self._limits.poll_seconds_not_listening
        self._closed: Refused | None = None
        self._read_size = ReadSize()
        self._share = self._limits.keep_bytes
        """The most bytes that any recent log keeps."""
        self._pace = Pace(self._limits.pace)
        self.subscribers = 0
        """Streams open in this process, over all registers."""

    # ---- for writers and the notifier -----------------------------------------------------------

    def committed(self, register_id: int, committed_batch: CommittedBatch | None = None) -> None:
        """A register has new mutations: publish this batch, or (None) read them from the log."""
        if register_id not in self._recent_logs:
            return
        if committed_batch is None or self._queued_mutations >= _QUEUED_MUTATIONS:
            self._to_read.add(register_id)
        else:
            self._queued.setdefault(register_id, []).append(committed_batch)
            self._queued_mutations += len(committed_batch.mutations)
        self._work.set()

    def set_listening(self, listening: bool) -> None:
        """Say whether notifications of other processes are received; polls at once for those missed."""
        limits = self._limits
        self._poll_seconds = limits.poll_seconds if listening else limits.poll_seconds_not_listening
        self._next_poll = 0.0
        self._work.set()

    def close(self) -> None:
        """End all streams with UNAVAILABLE, which clients retry, and accept no new ones."""
        self._closed = refuse(Reason.UNAVAILABLE)
        self._end_all(self._closed)
        self._work.set()

    # ---- for subscribers ------------------------------------------------------------------------

    @asynccontextmanager
    async def follow(self, register_id: int) -> AsyncIterator[RecentLog]:
        """The recent log of a register, kept up to date while the block lasts.

        Raises Refused UNAVAILABLE when closed, StoreUnavailable.
        """
        recent_log = self._recent_logs.get(register_id)
        if recent_log is None:
            head = (await self._logs.heads((register_id,)))[register_id]
            recent_log = self._recent_logs.setdefault(register_id, RecentLog(head, self._messages))
        if self._closed is not None:
            raise Refused(self._closed.violations)
        recent_log.subscribers += 1
        self.subscribers += 1
        try:
            yield recent_log
        finally:
            recent_log.subscribers -= 1
            self.subscribers -= 1
            if not recent_log.subscribers and self._recent_logs.get(register_id) is recent_log:
                del self._recent_logs[register_id]

    # ---- the work -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Publish new mutations, round after round, until closed; an outage of the store is waited out.

        Raises StoreFault. After any other error the streams have been ended with UNAVAILABLE, because the
        state of the dispatcher is not known; `run` can be called again.
        """
        try:
            await self._run()
        except PortError:
            raise
        except Exception:
            self._end_all(refuse(Reason.UNAVAILABLE))
            raise

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._closed is None:
            await self._until_due(loop)
            began = loop.time()
            try:
                woken = await self._round(began)
            except StoreUnavailable:
                await asyncio.sleep(_RETRY_SECONDS)
                self._next_poll = 0.0
                continue
            self._not_before = began + self._pace.pause(began, woken)

    async def _until_due(self, loop: asyncio.AbstractEventLoop) -> None:
        if not (self._to_read or self._queued):
            self._work.clear()
            timer = loop.call_at(self._next_poll, self._work.set)
            await self._work.wait()
            timer.cancel()
        pause = self._not_before - loop.time()
        if pause > 0:
            await asyncio.sleep(pause)

    async def _round(self, now: float) -> int:
        """Publish what is due; returns the number of subscribers woken."""
        for recent_log in self._recent_logs.values():
            recent_log.drop_erasable(now)
        if now >= self._next_poll:
            await self._poll()
            self._next_poll = now + self._poll_seconds
        woken = await self._publish_queued()
        after = {id_: self._recent_logs[id_].position for id_ in self._to_read if id_ in self._recent_logs}
        self._to_read.clear()
        if not after:
            return woken
        entries = self._read_size.entries(self.subscribers)
        try:
            pages = await self._logs.read(after, EVERYTHING, read_limits(EVERYTHING, entries))
        except PortError:
            self._to_read.update(after)
            raise
        for register_id, page in pages.items():
            woken += await self._publish(register_id, after[register_id], page)
        return woken

    async def _poll(self) -> None:
        """Find the logs that have grown, and end streams whose log was replaced or trimmed away."""
        if not self._recent_logs:
            return
        for register_id, head in (await self._logs.heads(list(self._recent_logs))).items():
            recent_log = self._recent_logs.get(register_id)
            if recent_log is not None and self._continues(register_id, recent_log, head):
                self._read_if_behind(register_id, recent_log, head)

    async def _publish_queued(self) -> int:
        """Publish the queued batches, except where the log must be read."""
        queued, self._queued, self._queued_mutations = self._queued, {}, 0
        woken = 0
        for register_id, committed_batches in queued.items():
            recent_log = self._recent_logs.get(register_id)
            if recent_log is None or register_id in self._to_read:
                continue
            after = recent_log.position
            page = page_of(recent_log.register, after, committed_batches)
            if page is None:
                self._to_read.add(register_id)
            else:
                woken += await self._publish(register_id, after, page)
        return woken

    def _continues(self, register_id: int, recent_log: RecentLog, head: LogHead) -> bool:
        """Whether the log in the store continues the recent one; if not, its streams are ended."""
        fault = recent_log.fault(head)
        if fault is not None:
            self._end(register_id, fault)
        return fault is None

    def _read_if_behind(self, register_id: int, recent_log: RecentLog, head: LogHead) -> None:
        if head.latest.revision > recent_log.position:
            self._to_read.add(register_id)

    async def _publish(self, register_id: int, after: int, page: LogPage) -> int:
        recent_log = self._recent_logs.get(register_id)
        # It may have been dropped, and created again, while the page was read.
        if (
            recent_log is None
            or recent_log.position != after
            or not self._continues(register_id, recent_log, page.head)
        ):
            return 0
        if not page.entries:
            return 0
        encoded = await serialized(page.entries, recent_log.register, self._messages)
        self._read_size.measured(len(encoded), sum(map(len, encoded)))
        whole = len(encoded) == len(page.entries)
        segment = segment_of(page) if whole else segment_of_entries(page.entries[: len(encoded)])
        if self._recent_logs.get(register_id) is not recent_log:
            return 0
        try:
            require_no_gap(segment, after)
        except Refused as gap:
            self._end(register_id, gap)
            return 0
        self._share_memory(recent_log)
        mutations = [cached(entry, data) for entry, data in zip(segment.entries, encoded, strict=False)]
        recent_log.publish(segment, mutations, asyncio.get_running_loop().time())
        self._read_if_behind(register_id, recent_log, page.head)
        return await self._wake(recent_log)

    def _share_memory(self, growing: RecentLog) -> None:
        """Give a log that is about to grow its share, and leave no log more than that."""
        share = self._limits.keep_bytes // len(self._recent_logs)
        if share < self._share:
            for recent_log in self._recent_logs.values():
                recent_log.keep(share)
        growing.keep(share)
        self._share = share

    def _end_all(self, why: Refused) -> None:
        for register_id in list(self._recent_logs):
            self._end(register_id, why)

    def _end(self, register_id: int, why: Refused) -> None:
        recent_log = self._recent_logs.pop(register_id)
        recent_log.end(why)
        for waiter in recent_log.take_waiting():
            wake(waiter)

    async def _wake(self, recent_log: RecentLog) -> int:
        waiting = recent_log.take_waiting()
        used = -process_time()
        for first in range(0, len(waiting), _WOKEN_TOGETHER):
            for waiter in waiting[first : first + _WOKEN_TOGETHER]:
                wake(waiter)
            await asyncio.sleep(0)
        if len(waiting) >= _WOKEN_TOGETHER:
            # The subscribers have begun to send. On a busy machine that takes several times as long.
            used += process_time()
            self._pace.measured(used, len(waiting))
        return len(waiting)
