"""The possible ends of a segment of the log."""

from __future__ import annotations

import pytest

from raas.usecases.feed.segments import segment_bytes, segment_of, segment_of_entries
from raas.usecases.ports.log import EVERYTHING, LogFilter, ReadLimits
from tests.memory.logs import MemoryLog, entry_of


def _log(*groups: int) -> MemoryLog:
    log = MemoryLog()
    for size in groups:
        log.write(size)
    return log


def test_page_that_reached_its_edge_is_one_segment() -> None:
    run = segment_of(_log(1, 2, 3).read(0, EVERYTHING, ReadLimits(10, 10)))
    assert [e.revision for e in run.entries] == [1, 2, 3, 4, 5, 6]
    assert (run.position, run.through, run.point) == (6, 6, _log(1, 2, 3).point(6))


def test_page_without_a_match_advances_to_its_edge() -> None:
    log = _log(1, 2, 3)
    run = segment_of(log.read(0, LogFilter(("B",), (), (2,)), ReadLimits(4, 10)))
    assert (list(run.entries), run.position, run.through, run.point) == ([], 6, 6, log.point(6))


def test_limited_page_ends_at_the_last_end_of_a_group() -> None:
    log = _log(1, 2, 3)
    run = segment_of(log.read(0, EVERYTHING, ReadLimits(5, 5)))
    assert [e.revision for e in run.entries] == [1, 2, 3]
    assert (run.position, run.through, run.point) == (3, 3, log.point(3))


def test_page_limited_at_the_end_of_a_group_is_used_completely() -> None:
    run = segment_of(_log(1, 2, 3).read(0, EVERYTHING, ReadLimits(3, 3)))
    assert [e.revision for e in run.entries] == [1, 2, 3]
    assert run.through == 3


def test_group_larger_than_a_page_is_sent_in_parts_with_unchanged_through() -> None:
    log = _log(10)
    run = segment_of(log.read(0, EVERYTHING, ReadLimits(4, 4)))
    assert [e.revision for e in run.entries] == [1, 2, 3, 4]
    assert (run.position, run.through, run.point) == (4, None, None)


@pytest.mark.parametrize("matching", [[2], [2, 3]])
def test_group_whose_end_does_not_match_is_complete_when_the_next_group_begins(
    matching: list[int],
) -> None:
    # Group 2 to 4, then 5; the last matching entries are in the group.
    entries = [*(entry_of(revision, 4) for revision in matching), entry_of(5)]
    assert segment_of_entries(entries).through == 5
    assert segment_of_entries(entries[:-1]).through is None


def test_segments_are_smaller_with_many_subscribers() -> None:
    assert [segment_bytes(readers) // 1024 for readers in (0, 1, 256, 512, 1_024, 100_000)] == [
        512,
        512,
        512,
        256,
        128,
        128,
    ]
