"""How much of a log one read returns."""

from __future__ import annotations

from raas.usecases.feed.read_size import ReadSize
from raas.usecases.feed.segments import SEGMENT_BYTES


def test_read_size_follows_the_measured_size_of_entries() -> None:
    read_size = ReadSize()
    read_size.measured(100, 100 * 1_000)
    assert read_size.entries(1) == SEGMENT_BYTES // 1_000
    read_size.measured(2, 2 * SEGMENT_BYTES)
    assert read_size.entries(1) == 10
    read_size.measured(0, 0)
    assert read_size.entries(1) == 10
    read_size.measured(1_000, 1_000)
    assert read_size.entries(1) == 2_000


def test_reads_are_smaller_with_many_subscribers() -> None:
    read_size = ReadSize()
    read_size.measured(100, 100 * 1_024)
    assert [read_size.entries(readers) for readers in (1, 512, 1_024)] == [512, 256, 128]
