"""Pages made of committed batches: equal to the log, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from raas.domain.numbers.niss import Niss
from raas.usecases.feed.committed import page_of
from raas.usecases.ports.log import CommittedBatch
from tests.memory.logs import LOG_ID, NUMBER, OTHER_LOG_ID, STAMP, START, committed_batch


def revisions(position: int, committed_batches: Sequence[CommittedBatch]) -> list[int] | None:
    page = page_of(NUMBER, position, committed_batches)
    return None if page is None else [entry.revision for entry in page.entries]


def test_consecutive_batches_make_one_page_that_ends_with_the_last_one() -> None:
    page = page_of(NUMBER, 4, [committed_batch(5, 6), committed_batch(7, 7)])
    assert page is not None
    assert [(entry.revision, entry.batch_last_revision) for entry in page.entries] == [(5, 6), (6, 6), (7, 7)]
    assert page.edge == page.head.latest == committed_batch(7, 7).point
    assert (page.head.log_id, page.head.register, page.limited) == (LOG_ID, NUMBER, False)


def test_entry_of_a_batch_has_every_field_of_the_mutation() -> None:
    page = page_of(NUMBER, 4, [committed_batch(5, 5)])
    assert page is not None
    entry = page.entries[0]
    assert (entry.kind, entry.niss, entry.requested_niss, entry.dossier_type) == (1, Niss(7), Niss(8), "B")
    assert (entry.before, entry.after) == ("{}", "{[2024-01-01,2024-01-31]}")
    assert (entry.actor, entry.call_id, entry.request_id) == (NUMBER, str(STAMP.call_id), "request")
    assert (entry.legal_context, entry.ticket) == ("context", "ticket")
    assert entry.record_time == START + timedelta(seconds=5)
    assert entry.checksum == (5).to_bytes(32, "big")


def test_batches_up_to_the_position_are_skipped() -> None:
    assert revisions(6, [committed_batch(5, 6), committed_batch(7, 8)]) == [7, 8]
    assert revisions(8, [committed_batch(5, 6), committed_batch(7, 8)]) is None


@pytest.mark.parametrize(
    ("position", "committed_batches"),
    [
        (3, [committed_batch(5, 6)]),
        (4, [committed_batch(5, 6), committed_batch(8, 8)]),
        (5, [committed_batch(5, 6)]),
        (4, [committed_batch(5, 6), committed_batch(7, 7, OTHER_LOG_ID)]),
        (4, []),
    ],
    ids=["before it", "between two", "inside one", "another log", "nothing"],
)
def test_batch_that_does_not_follow_is_read_from_the_log(
    position: int, committed_batches: list[CommittedBatch]
) -> None:
    assert revisions(position, committed_batches) is None


def test_batch_with_contents_beside_the_log_is_read_from_the_log() -> None:
    plain = committed_batch(5, 6)
    beside = replace(plain.mutations[1], content_id=3)
    assert revisions(4, [replace(plain, mutations=[plain.mutations[0], beside])]) is None
