"""A run: a stretch of a log that goes out as one message, and where a reader then stands.

A reader stands in two places. Its position is the revision through which it has been sent everything
that matches. Where it may resume, `through`, lies there too, or before the indivisible group that its
position lies inside of.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from raas.domain.errors import Reason, refuse
from raas.usecases.feed.columns import columns_of
from raas.usecases.ports.log import LogEntry, LogPage, LogPoint

SEGMENT_BYTES = 512 * 1024
"""What a run aims at: half of what a message should hold, so that it can end where a group ends."""


class Segment(NamedTuple):
    """Entries that follow a position, and the place after them."""

    entries: Sequence[LogEntry]
    position: int
    through: int | None
    """None: where it was, for all of the run belongs to one group that goes on after it."""
    point: LogPoint | None
    """What the log says at `through`; None where that was not read."""


def segment_of(page: LogPage) -> Segment:
    """The entries of a page up to the last point that is no part of a group, or all if there is none."""
    if not page.limited:
        return Segment(page.entries, page.edge.revision, page.edge.revision, page.edge)
    return segment_of_entries(page.entries)


def segment_of_entries(entries: Sequence[LogEntry]) -> Segment:
    """The same for entries (at least one) of which nothing is known beyond the last one."""
    group = entries[-1].batch_last_revision
    if entries[-1].revision == group:
        return _complete(entries)
    # Where the group begins: groups follow one another.
    count = bisect_left(columns_of(entries).batch_last_revision, group)
    if count:
        return _complete(entries[:count])
    return Segment(entries, entries[-1].revision, None, None)


def require_whole(run: Segment, after: int) -> None:
    """Raise Refused INTERNAL when something is missing in a run of everything: a hole is never hidden."""
    if len(run.entries) != run.position - after:
        raise refuse(Reason.INTERNAL)


def _complete(entries: Sequence[LogEntry]) -> Segment:
    last = entries[-1]
    # The rest of the last one's group, if any, did not match.
    group = last.batch_last_revision
    point = LogPoint(group, last.record_time, last.checksum) if last.revision == group else None
    return Segment(entries, group, group, point)


def segment_bytes(readers: int) -> int:
    """What a run aims at when so many read: each of them may sleep with one in its hands."""
    return max(_SEGMENT_BYTES_LEAST, min(SEGMENT_BYTES, _IN_HANDS // max(readers, 1)))


_SEGMENT_BYTES_LEAST = 128 * 1024
_IN_HANDS = 128 * 1024 * 1024
"""Bytes that all readers of a process may hold back together."""


class ReadSize:
    """How many entries to read at once so that they come to about one run."""

    def __init__(self) -> None:
        self._entry_bytes = _ENTRY_BYTES

    def entries(self, readers: int) -> int:
        """So many, when so many read."""
        return max(_FEWEST, min(_MOST, segment_bytes(readers) // self._entry_bytes))

    def took(self, entries: int, size: int) -> None:
        """Learn from a run of so many entries and bytes."""
        if entries:
            self._entry_bytes = max(1, size // entries)


_ENTRY_BYTES = 512
"""What an entry is taken for before one was seen."""

_FEWEST, _MOST = 10, 2_000
