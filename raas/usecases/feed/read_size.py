"""How much of a log one read examines and returns."""

from __future__ import annotations

from raas.usecases.feed.segments import segment_bytes
from raas.usecases.ports.log import EVERYTHING, LogFilter, ReadLimits

_FILTERED_REVISIONS = 20_000
"""Revisions that one read examines for matches of a filter."""

_FEWEST, _MOST = 10, 2_000
"""Bounds of the number of entries that one read returns where their size decides."""

_FIRST_ENTRY_BYTES = 512
"""Assumed size of an entry until the first one is measured."""


def read_limits(which: LogFilter, entries: int) -> ReadLimits:
    """The limits of a read that returns at most `entries`."""
    return ReadLimits(entries if which == EVERYTHING else _FILTERED_REVISIONS, entries)


def bounded(entries: int) -> int:
    """The nearest number of entries that one read may return."""
    return max(_FEWEST, min(_MOST, entries))


class ReadSize:
    """Number of entries to read at once so that they make about one segment."""

    def __init__(self) -> None:
        self._entry_bytes = _FIRST_ENTRY_BYTES

    def entries(self, subscribers: int) -> int:
        """The number of entries for this number of subscribers."""
        return bounded(segment_bytes(subscribers) // self._entry_bytes)

    def measured(self, entries: int, size: int) -> None:
        """Adapt to a segment of this number of entries and bytes."""
        if entries:
            self._entry_bytes = max(1, size // entries)
