"""Serialise log entries in slices, so that other tasks of the event loop get their turn."""

from __future__ import annotations

from collections.abc import Sequence

from raas.concurrency.slices import yielding_slices
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.view import RegisterView
from raas.usecases.feed.segments import SEGMENT_BYTES
from raas.usecases.ports.log import LogEntry
from raas.usecases.ports.messages import Messages

_SLICE = 200
"""Entries serialised before the event loop runs other tasks: about a millisecond."""


async def serialized(
    entries: Sequence[LogEntry], register: EnterpriseNumber, messages: Messages
) -> list[bytes]:
    """The bytes of each entry, in order, up to the end of the group that completes a segment.

    A group that exceeds twice the size of a segment is cut there.
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


async def restricted(written: Sequence[bytes], view: RegisterView, messages: Messages) -> bytes:
    """The bytes of these entries together, without the parts of them that are outside a view."""
    parts: list[bytes] = []
    async for some in yielding_slices(written, _SLICE):
        parts.append(messages.restricted(b"".join(some), view))
    return b"".join(parts)


def _end(entries: Sequence[LogEntry], written: Sequence[bytes]) -> int | None:
    """The number of entries that make a full segment; None = they are too few."""
    size = 0
    for index, (entry, data) in enumerate(zip(entries, written, strict=False), 1):
        size += len(data)
        if size > SEGMENT_BYTES and (entry.revision == entry.batch_last_revision or size > 2 * SEGMENT_BYTES):
            return index
    return None
