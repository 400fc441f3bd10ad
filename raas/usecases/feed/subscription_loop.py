"""The loop of every subscription: at the head from the recent log, before it from pages of the stored log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing

from raas.usecases.feed.catch_up import CurrentIdentity, LogPages, LogReader
from raas.usecases.feed.recent_log import RecentLog, StreamMessage
from raas.usecases.ports.log import LogFilter


async def follow_log(
    recent_log: RecentLog,
    register_id: int,
    position: int,
    which: LogFilter,
    identity: CurrentIdentity,
    heartbeat_seconds: float,
    pages: LogPages,
) -> AsyncGenerator[StreamMessage, None]:
    """All matching mutations after a position, without end, and a bookmark after each quiet interval.

    While the subscriber waits or is slow, the server keeps only its position. Raises Refused when the
    log cannot be followed further: UNAVAILABLE at shutdown, LOG_REPLACED, REVISION_EXPIRED,
    REVISION_IN_FUTURE, INTERNAL for a missing revision; StoreUnavailable.
    """
    loop = asyncio.get_running_loop()
    through, point = position, None
    heartbeat_at = loop.time() + heartbeat_seconds
    with closing(LogReader(pages, recent_log, register_id, which, identity)) as reader:
        while True:
            fields = await identity()
            recent_log.require_open()
            if recent_log.reaches(position):
                message = recent_log.next(position, which, fields)
                if message is None:
                    await recent_log.beyond(position, heartbeat_at)
            else:
                message, point = await reader.next(position, through)
            if message is not None:
                position, through = message.position, message.through
                if message.data:
                    yield message
                    heartbeat_at = loop.time() + heartbeat_seconds
                    continue
            if loop.time() >= heartbeat_at:
                known = recent_log.point if position == recent_log.position else point
                # A bookmark never goes back behind an earlier message.
                if known is not None and through <= known.revision <= position:
                    data = pages.messages.bookmark(
                        recent_log.log_id, which.seen(known), snapshot_complete=False
                    )
                    yield StreamMessage(data, (), None, position, through)
                heartbeat_at = loop.time() + heartbeat_seconds
