"""Following a log from a position on: through its pages while behind, from the tail when at its head."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from raas.domain.errors import Reason, refuse
from raas.usecases.log_run import Stride, cut_short, require_whole, run_of
from raas.usecases.stream_ports import EVERYTHING, LogFilter, LogStore, Mark, Messages, Reach
from raas.usecases.tail import Shipment, Tail
from raas.usecases.writing_down import written_down

_FILTERED_REVISIONS = 20_000
"""Revisions that one reading looks through for the few that match."""

_READING_AT_ONCE = 4
"""Pages of the log read and written down at a time, over all who are behind."""


class LogPages:
    """Reads the log for those who are behind, a few at a time: writers need the store as well."""

    def __init__(self, logs: LogStore, messages: Messages, readers: Callable[[], int]) -> None:
        self._logs = logs
        self._messages = messages
        self._readers = readers
        self._turns = asyncio.Semaphore(_READING_AT_ONCE)

    async def next(
        self, tail: Tail, register_id: int, position: int, through: int, which: LogFilter, stride: Stride
    ) -> tuple[Shipment, Mark | None]:
        """What follows a position, and what the log says at its new `through`, where that was read.

        Raises Refused REVISION_EXPIRED when it was trimmed away, LOG_REPLACED, REVISION_IN_FUTURE.
        """
        async with self._turns:
            entries = stride.entries(self._readers())
            revisions = entries if which == EVERYTHING else _FILTERED_REVISIONS
            page = (await self._logs.read({register_id: position}, which, Reach(revisions, entries)))[
                register_id
            ]
            head = page.head
            if head.log_id != tail.log_id:
                raise refuse(Reason.LOG_REPLACED, log_id=str(head.log_id))
            if head.oldest_revision > position:
                raise refuse(Reason.REVISION_EXPIRED, oldest_revision=str(head.oldest_revision))
            if head.latest.revision < position:
                raise refuse(Reason.REVISION_IN_FUTURE, latest_revision=str(head.latest.revision))
            written = await written_down(page.entries, tail.register, self._messages)
        stride.took(len(written), sum(map(len, written)))
        whole = len(written) == len(page.entries)
        run = run_of(page) if whole else cut_short(page.entries[: len(written)])
        if which == EVERYTHING:
            require_whole(run, position)
        through = through if run.through is None else run.through
        if not run.entries:
            return Shipment(None, (), None, run.position, through), run.mark
        data = self._messages.mutations(tail.log_id, b"".join(written[: len(run.entries)]), through)
        nisses = tuple({entry.niss: None for entry in run.entries if entry.niss is not None})
        shown = run.entries[0].revision, run.entries[-1].revision
        return Shipment(data, nisses, shown, run.position, through), run.mark


async def follow_log(
    tail: Tail,
    register_id: int,
    position: int,
    which: LogFilter,
    heartbeat_seconds: float,
    pages: LogPages,
    messages: Messages,
) -> AsyncGenerator[Shipment, None]:
    """Everything that matches after a position, for ever, and a bookmark after every quiet interval.

    Of the reader only a position is kept while it waits or is slow. Raises Refused when the tail ends:
    UNAVAILABLE at shutdown, LOG_REPLACED, REVISION_EXPIRED.
    """
    loop = asyncio.get_running_loop()
    through, mark = position, None
    stride = Stride()
    heartbeat_at = loop.time() + heartbeat_seconds
    while True:
        tail.require_open()
        if tail.reaches(position):
            shipment = tail.next(position, which)
            if shipment is None:
                await tail.beyond(position, heartbeat_at)
        else:
            shipment, mark = await pages.next(tail, register_id, position, through, which, stride)
        if shipment is not None:
            position, through = shipment.position, shipment.through
            if shipment.data is not None:
                yield shipment
                heartbeat_at = loop.time() + heartbeat_seconds
                continue
        if loop.time() >= heartbeat_at:
            known = tail.mark if position == tail.position else mark
            # A bookmark never lies behind what was said before.
            if known is not None and through <= known.revision <= position:
                data = messages.bookmark(tail.log_id, known, snapshot_complete=False)
                yield Shipment(data, (), None, position, through)
            heartbeat_at = loop.time() + heartbeat_seconds
