"""The tail of one register's log: its newest mutations, ready to be sent to whoever is at the head.

Every mutation is here once, as the bytes of its message, however many read it. A reader holds a
position, never a queue. Whoever falls behind the oldest chunk kept goes back to the log.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from raas.domain.errors import Reason, Refused, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.feed.segments import SEGMENT_BYTES, Segment, segment_bytes
from raas.usecases.ports.log import LogEntry, LogFilter, LogHead, LogPoint
from raas.usecases.ports.messages import Messages

_READY_FILTERS = 32
"""Distinct filters for which the newest message is kept ready."""

ERASABLE_SECONDS = 10.0
"""How long what can be erased beside the log is shown from here: after that the log is asked again."""


class StreamMessage(NamedTuple):
    """What a reader is sent next, and where it then stands."""

    data: bytes | None
    """A whole message; None when nothing matches."""
    nisses: Sequence[Niss]
    revisions: tuple[int, int] | None
    """First and last revision that it shows."""
    position: int
    through: int


class CachedMutation(NamedTuple):
    """A mutation of the tail: what filters look at, and its bytes."""

    revision: int
    kind: int
    dossier_types: tuple[str, ...]
    niss: Niss | None
    erasable: bool
    """Whether it shows what can be erased."""
    data: bytes


class _Chunk(NamedTuple):
    after: int
    last: int
    through: int
    pieces: Sequence[CachedMutation]
    size: int


def cached(entry: LogEntry, data: bytes) -> CachedMutation:
    """The piece of an entry whose bytes are `data`."""
    types = (entry.dossier_type,) if entry.dossier_type is not None else tuple(entry.dossier_types or ())
    return CachedMutation(entry.revision, entry.kind, types, entry.niss, entry.content is not None, data)


def matches(which: LogFilter, piece: CachedMutation) -> bool:
    """Whether a mutation is one of those asked for; the store decides alike."""
    if which.kinds and piece.kind not in which.kinds:
        return False
    return not which.dossier_types or any(code in which.dossier_types for code in piece.dossier_types)


class RecentLog:
    """The newest chunks, and those who wait for the next one."""

    def __init__(self, head: LogHead, messages: Messages, keep_bytes: int = SEGMENT_BYTES) -> None:
        self.register: EnterpriseNumber = head.register
        self.log_id = head.log_id
        self.position = head.latest.revision
        self.point: LogPoint = head.latest
        self.followers = 0
        self.keep_bytes = keep_bytes
        self._messages = messages
        self._begin = head.latest.revision
        self._chunks: deque[_Chunk] = deque()
        self._erasable: deque[tuple[float, int]] = deque()
        """Until when chunks that show what can be erased are kept, and their last revisions."""
        self._size = 0
        self._ready: dict[LogFilter, StreamMessage] = {}
        self._waiting: set[asyncio.Future[None]] = set()
        self._ended: Refused | None = None

    # ---- for the tailer -------------------------------------------------------------------------

    def fault(self, head: LogHead) -> Refused | None:
        """Why this tail cannot go on from its position in the log as it now is; None = it can."""
        if head.log_id != self.log_id:
            return refuse(Reason.LOG_REPLACED, log_id=str(head.log_id))
        if head.oldest_revision > self.position:
            return refuse(Reason.REVISION_EXPIRED, oldest_revision=str(head.oldest_revision))
        if head.latest.revision < self.point.revision:
            # The store lost what it had acknowledged, and nobody has given the log another id yet.
            return refuse(Reason.REVISION_IN_FUTURE, latest_revision=str(head.latest.revision))
        return None

    def publish(self, run: Segment, pieces: Sequence[CachedMutation], now: float) -> None:
        """Add what follows the position, at this time; `wake` then tells those who wait."""
        if run.point is not None:
            self.point = run.point
        size = sum(len(piece.data) for piece in pieces)
        self._chunks.append(_Chunk(self.position, run.position, self.point.revision, pieces, size))
        self._size += size
        if any(piece.erasable for piece in pieces):
            self._erasable.append((now + ERASABLE_SECONDS, run.position))
        while self._size > self.keep_bytes:
            self._drop()
        self.position = run.position
        self._ready.clear()

    def forget(self, now: float) -> None:
        """Give up what has shown erasable contents for long enough; who is behind it goes back to the log."""
        while self._erasable and self._erasable[0][0] <= now:
            _, last = self._erasable.popleft()
            while self._chunks and self._chunks[0].last <= last:
                self._drop()
            self._ready.clear()

    def end(self, why: Refused) -> None:
        """Nothing follows any more: whoever reads is told why."""
        self._ended = why
        self._chunks.clear()

    def waiting(self) -> list[asyncio.Future[None]]:
        """Those who wait; they are to be told."""
        waiting, self._waiting = list(self._waiting), set()
        return waiting

    # ---- for its readers ------------------------------------------------------------------------

    def require_open(self) -> None:
        """Raise why the tail has ended, if it has."""
        if self._ended is not None:
            raise Refused(self._ended.violations)

    def reaches(self, position: int) -> bool:
        """Whether everything after this position is here."""
        return position >= self._begin

    def next(self, position: int, which: LogFilter) -> StreamMessage | None:
        """What follows a position that the tail reaches, up to about a run; None = nothing yet."""
        if position >= self.position:
            return None
        newest = self._chunks[-1]
        if position != newest.after:
            return self._ship(position, which)
        ready = self._ready.get(which)
        if ready is None:
            ready = self._ship(position, which)
            if len(self._ready) < _READY_FILTERS:
                self._ready[which] = ready
        return ready

    async def beyond(self, position: int, deadline: float) -> None:
        """Wait until the tail goes beyond a position, has ended, or the loop's clock says `deadline`."""
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

    def _ship(self, position: int, which: LogFilter) -> StreamMessage:
        everything = not (which.dossier_types or which.kinds)
        most = segment_bytes(self.followers)
        selected: list[CachedMutation] = []
        size, through = 0, position
        for chunk in self._chunks:
            if chunk.last <= position:
                continue
            if size + chunk.size > most and size:
                break
            pieces = chunk.pieces
            if position > chunk.after:
                pieces = [piece for piece in pieces if piece.revision > position]
            if not everything:
                pieces = [piece for piece in pieces if matches(which, piece)]
            selected += pieces
            size += sum(len(piece.data) for piece in pieces)
            position, through = chunk.last, chunk.through
        if not selected:
            return StreamMessage(None, (), None, position, through)
        data = self._messages.mutations(self.log_id, b"".join([piece.data for piece in selected]), through)
        nisses = tuple({piece.niss: None for piece in selected if piece.niss is not None})
        return StreamMessage(data, nisses, (selected[0].revision, selected[-1].revision), position, through)


def wake(waiter: asyncio.Future[None]) -> None:
    """Tell one who waits, unless it gave up."""
    if not waiter.done():
        waiter.set_result(None)
