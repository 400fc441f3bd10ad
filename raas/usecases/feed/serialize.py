"""Writing entries of a log down as bytes, without keeping the event loop from others for long."""

from __future__ import annotations

from collections.abc import Sequence

from raas.concurrency.slices import yielding_slices
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.feed.segments import SEGMENT_BYTES
from raas.usecases.ports.log import LogEntry
from raas.usecases.ports.messages import Messages

_SLICE = 200
"""Entries written down before the event loop gets a turn: about a millisecond."""


async def serialized(
    entries: Sequence[LogEntry], register: EnterpriseNumber, messages: Messages
) -> list[bytes]:
    """The bytes of the entries, in their order, up to the end of the group that a full run ends in.

    What is twice as much as a run ends inside the group.
    """
    written: list[bytes] = []
    size = 0
    async for some in yielding_slices(entries, _SLICE):
        data = messages.entries(register, some)
        size += sum(map(len, data))
        written += data
        if size > SEGMENT_BYTES and (end := _end(entries, written)) is not None:
            return written[:end]
    return written


def _end(entries: Sequence[LogEntry], written: Sequence[bytes]) -> int | None:
    """How many of them make a full run."""
    size = 0
    for index, (entry, data) in enumerate(zip(entries, written, strict=False), 1):
        size += len(data)
        if size > SEGMENT_BYTES and (entry.revision == entry.batch_last_revision or size > 2 * SEGMENT_BYTES):
            return index
    return None
