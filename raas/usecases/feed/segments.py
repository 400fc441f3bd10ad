"""A segment: the part of a log that is sent as one message, and the place where a subscriber then stands.

A subscriber has two places in a log. `position` is the revision through which it has received everything
that matches. `through` is the revision from which it may resume: the same one, or the one before the
indivisible group of mutations in which the position lies.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from raas.domain.errors import Reason, refuse
from raas.usecases.feed.columns import columns_of
from raas.usecases.ports.log import LogEntry, LogPage, LogPoint

SEGMENT_BYTES = 512 * 1024
"""Target size of a segment: half of the largest message, so that there is room for the end of a group."""

_SEGMENT_BYTES_LEAST = 128 * 1024

_BYTES_BEING_SENT = 128 * 1024 * 1024
"""Messages that all subscribers of a process together may be slow to take."""


class Segment(NamedTuple):
    """Entries that follow a position, and the place after them."""

    entries: Sequence[LogEntry]
    position: int
    through: int | None
    """None = unchanged: the whole segment belongs to one group, which continues after it."""
    point: LogPoint | None
    """The log at `through`; None where that was not read."""


def segment_of(page: LogPage) -> Segment:
    """The entries of a page up to the last end of a group, or all of them if no group ends in it."""
    if not page.limited:
        return Segment(page.entries, page.edge.revision, page.edge.revision, page.edge)
    return segment_of_entries(page.entries)


def segment_of_entries(entries: Sequence[LogEntry]) -> Segment:
    """The same for entries (at least one) when the log after the last one is not known."""
    group = entries[-1].batch_last_revision
    if entries[-1].revision == group:
        return _complete(entries)
    # Groups do not interleave: this is where the last one begins.
    count = bisect_left(columns_of(entries).batch_last_revision, group)
    if count:
        return _complete(entries[:count])
    return Segment(entries, entries[-1].revision, None, None)


def require_no_gap(segment: Segment, after: int) -> None:
    """Raise Refused INTERNAL when a revision is missing in an unfiltered segment that follows `after`."""
    if len(segment.entries) != segment.position - after:
        raise refuse(Reason.INTERNAL)


def _complete(entries: Sequence[LogEntry]) -> Segment:
    last = entries[-1]
    # If the last entry does not end its group, the rest of the group does not match the filter.
    group = last.batch_last_revision
    point = LogPoint(group, last.record_time, last.checksum) if last.revision == group else None
    return Segment(entries, group, group, point)


def segment_bytes(subscribers: int) -> int:
    """Target size of a segment for this number of subscribers: each may hold back one while it is slow."""
    return max(_SEGMENT_BYTES_LEAST, min(SEGMENT_BYTES, _BYTES_BEING_SENT // max(subscribers, 1)))
