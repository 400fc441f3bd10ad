"""The recent part of one register's log, kept in memory and serialised for the subscribers at its head.

Each mutation is kept once, as the bytes of its message, for all subscribers. A subscriber has a position,
not a queue. A subscriber that falls behind the oldest chunk kept here reads from the log.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from raas.domain.errors import Reason, Refused, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.view import WHOLE
from raas.usecases.feed.segments import SEGMENT_BYTES, Segment, segment_bytes
from raas.usecases.feed.serialize import shown_entries
from raas.usecases.ports.log import LogEntry, LogFilter, LogHead, LogPoint
from raas.usecases.ports.messages import Messages

_READY_FILTERS = 32
"""Distinct filters, with fields of identities, for which the newest message is kept."""

ERASABLE_SECONDS = 10.0
"""The time for which erasable contents are served from memory; then they are read again."""


class StreamMessage(NamedTuple):
    """The next message for a subscriber, and the subscriber's place after it."""

    data: bytes
    """A serialised message; empty if no mutation matches."""
    nisses: Sequence[Niss]
    revisions: tuple[int, int] | None
    """First and last revision in the message."""
    position: int
    through: int
    delivered: int = 0
    """The mutations, or dossiers of a snapshot, in the message."""


class CachedMutation(NamedTuple):
    """A mutation of the recent log: the fields that filters compare, and its bytes."""

    revision: int
    kind: int
    dossier_types: tuple[str, ...]
    niss: Niss | None
    erasable: bool
    """Whether it shows contents that can be erased."""
    data: bytes


class _Chunk(NamedTuple):
    after: int
    last: int
    through: int
    mutations: Sequence[CachedMutation]
    size: int


def cached(entry: LogEntry, data: bytes) -> CachedMutation:
    """The mutation of an entry whose bytes are `data`."""
    types = (entry.dossier_type,) if entry.dossier_type is not None else tuple(entry.dossier_types or ())
    return CachedMutation(entry.revision, entry.kind, types, entry.niss, entry.content is not None, data)


def matches(which: LogFilter, mutation: CachedMutation) -> bool:
    """Whether a mutation matches a filter; the store decides the same."""
    if which.kinds and mutation.kind not in which.kinds:
        return False
    return not which.dossier_types or any(code in which.dossier_types for code in mutation.dossier_types)


class RecentLog:
    """The newest chunks of a log, and the subscribers that wait for the next one."""

    def __init__(self, head: LogHead, messages: Messages, keep_bytes: int = SEGMENT_BYTES) -> None:
        self.register: EnterpriseNumber = head.register
        self.log_id = head.log_id
        self.position = head.latest.revision
        self.point: LogPoint = head.latest
        self.subscribers = 0
        self._keep_bytes = keep_bytes
        self._messages = messages
        self._begin = head.latest.revision
        self._chunks: deque[_Chunk] = deque()
        self._erasable: deque[tuple[float, int]] = deque()
        """When chunks with contents that can be erased are dropped, and their last revisions."""
        self._size = 0
        self._ready: dict[tuple[LogFilter, IdentityFields], StreamMessage] = {}
        self._waiting: set[asyncio.Future[None]] = set()
        self._ended: Refused | None = None

    @property
    def size(self) -> int:
        """The bytes of the mutations that are kept."""
        return self._size

    # ---- for the dispatcher ---------------------------------------------------------------------

    def fault(self, head: LogHead) -> Refused | None:
        """Why the log in the store no longer continues this one at its position; None = it does."""
        if head.log_id != self.log_id:
            return refuse(Reason.LOG_REPLACED, log_id=str(head.log_id))
        if head.oldest_revision > self.position:
            return refuse(Reason.REVISION_EXPIRED, oldest_revision=str(head.oldest_revision))
        if head.latest.revision < self.point.revision:
            # The store lost mutations that it had acknowledged, and the log was not renewed yet.
            return refuse(Reason.REVISION_IN_FUTURE, latest_revision=str(head.latest.revision))
        return None

    def publish(self, segment: Segment, mutations: Sequence[CachedMutation], now: float) -> None:
        """Append the segment that follows the position; the caller then wakes the subscribers."""
        if segment.point is not None:
            self.point = segment.point
        size = sum(len(mutation.data) for mutation in mutations)
        self._chunks.append(_Chunk(self.position, segment.position, self.point.revision, mutations, size))
        self._size += size
        if any(mutation.erasable for mutation in mutations):
            self._erasable.append((now + ERASABLE_SECONDS, segment.position))
        self.position = segment.position
        self._ready.clear()
        self.keep(self._keep_bytes)

    def keep(self, keep_bytes: int) -> None:
        """Keep at most so many bytes of mutations from now on: the oldest chunks are dropped."""
        self._keep_bytes = keep_bytes
        while self._size > keep_bytes:
            self._drop()
            self._ready.clear()

    def drop_erasable(self, now: float) -> None:
        """Drop chunks that have shown erasable contents for ERASABLE_SECONDS; they are read from the log."""
        while self._erasable and self._erasable[0][0] <= now:
            _, last = self._erasable.popleft()
            while self._chunks and self._chunks[0].last <= last:
                self._drop()
            self._ready.clear()

    def end(self, why: Refused) -> None:
        """End the streams of all subscribers with this error."""
        self._ended = why
        self._chunks.clear()

    def take_waiting(self) -> list[asyncio.Future[None]]:
        """The subscribers that wait; the caller wakes them."""
        waiting, self._waiting = list(self._waiting), set()
        return waiting

    # ---- for subscribers ------------------------------------------------------------------------

    def require_open(self) -> None:
        """Raise the error with which the streams were ended, if they were."""
        if self._ended is not None:
            raise Refused(self._ended.violations)

    def reaches(self, position: int) -> bool:
        """Whether everything after this position is in memory."""
        return position >= self._begin

    def next(self, position: int, which: LogFilter, identity: IdentityFields) -> StreamMessage | None:
        """About a segment after a position that `reaches` accepts; None = there is nothing new yet.

        `identity` are the fields of identities that the subscriber may see now.
        """
        if position >= self.position:
            return None
        newest = self._chunks[-1]
        if position != newest.after:
            return self._message(position, which, identity)
        ready = self._ready.get((which, identity))
        if ready is None:
            ready = self._message(position, which, identity)
            if len(self._ready) < _READY_FILTERS:
                self._ready[which, identity] = ready
        return ready

    async def beyond(self, position: int, deadline: float) -> None:
        """Wait until the log grows beyond a position, is ended, or the loop's clock reads `deadline`."""
        if self.position > position or self._ended is not None:
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        timer = loop.call_at(deadline, wake, waiter)
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiting.discard(waiter)

    def _drop(self) -> None:
        dropped = self._chunks.popleft()
        self._size -= dropped.size
        self._begin = dropped.last

    def _message(self, position: int, which: LogFilter, identity: IdentityFields) -> StreamMessage:
        everything = not (which.dossier_types or which.kinds)
        most = segment_bytes(self.subscribers)
        selected: list[CachedMutation] = []
        size, through = 0, position
        for chunk in self._chunks:
            if chunk.last <= position:
                continue
            if size + chunk.size > most and size:
                break
            mutations = chunk.mutations
            if position > chunk.after:
                mutations = [each for each in mutations if each.revision > position]
            if not everything:
                mutations = [each for each in mutations if matches(which, each)]
            selected += mutations
            size += sum(len(each.data) for each in mutations)
            position, through = chunk.last, chunk.through
        if not selected:
            return StreamMessage(b"", (), None, position, through)
        encoded, kinds = [each.data for each in selected], [each.kind for each in selected]
        parts = shown_entries(encoded, kinds, which.view or WHOLE, identity, self._messages)
        data = self._messages.mutations(self.log_id, b"".join(parts), through)
        nisses = tuple({each.niss: None for each in selected if each.niss is not None})
        revisions = selected[0].revision, selected[-1].revision
        return StreamMessage(data, nisses, revisions, position, through, len(selected))


def wake(waiter: asyncio.Future[None]) -> None:
    """Wake a subscriber that waits, unless it was cancelled."""
    if not waiter.done():
        waiter.set_result(None)
