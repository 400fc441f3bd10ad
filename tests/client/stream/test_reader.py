"""StreamReading checks the promises of the stream."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from raas.v1.dossier_pb2 import Dossier
from raas.v1.mutation_pb2 import Mutation
from raas.v1.mutation_stream_pb2 import Bookmark as BookmarkMessage
from raas.v1.mutation_stream_pb2 import MutationsPart, SnapshotPart, SubscribeResponse
from raas_client import (
    AfterRevision,
    Bookmark,
    Checkpoint,
    FromLatest,
    FromSnapshot,
    Mutations,
    RaasClient,
    Snapshot,
    StreamBroken,
    inscription,
    lines_of,
)
from raas_client.stream.reader import StreamReading
from tests.client.registers import ANN, opened

LOG, OTHER = "a log", "another log"
CHECKSUM = bytes(32)


def mutations(
    *revisions: int, through: int, last: int = 0, log_id: str = LOG, checksum: bytes = CHECKSUM
) -> SubscribeResponse:
    told = [
        Mutation(revision=each, batch_last_revision=last or each, checksum=checksum) for each in revisions
    ]
    return SubscribeResponse(log_id=log_id, mutations=MutationsPart(mutations=told, through_revision=through))


def bookmark(
    revision: int, complete: bool = False, log_id: str = LOG, checksum: bytes = CHECKSUM
) -> SubscribeResponse:
    message = BookmarkMessage(revision=revision, snapshot_complete=complete, checksum=checksum)
    return SubscribeResponse(log_id=log_id, bookmark=message)


def snapshot(revision: int, token: str) -> SubscribeResponse:
    part = SnapshotPart(dossiers=[Dossier(niss="1")], resume_token=token, revision=revision)
    return SubscribeResponse(log_id=LOG, snapshot=part)


@pytest.mark.parametrize(
    "messages",
    [
        [mutations(5, through=5)],
        [mutations(4, 6, through=6)],
        [mutations(4, through=4), mutations(4, through=4)],
        [mutations(4, through=5)],
        [mutations(4, through=4), bookmark(5)],
        [mutations(4, through=4), bookmark(3)],
        [mutations(4, through=3), bookmark(3)],
        [mutations(4, through=4), mutations(5, through=5, log_id=OTHER)],
        [mutations(4, through=4, log_id=OTHER)],
    ],
    ids=["gap", "gap-inside", "twice", "through-untold", "bookmark-ahead", "bookmark-back", "bookmark-inside",
         "log-changes", "other-log"],
)  # fmt: skip
def test_stream_with_a_gap_raises_stream_broken(messages: list[SubscribeResponse]) -> None:
    reading = StreamReading(Checkpoint(LOG, 3), whole=True)
    for message in messages[:-1]:
        reading.event(message)
    with pytest.raises(StreamBroken):
        reading.event(messages[-1])


def test_stream_without_checksums_may_skip_revisions_but_not_go_back() -> None:
    for first in (mutations(5, 9, through=12, checksum=b""), bookmark(12, checksum=b"")):
        reading = StreamReading(Checkpoint(LOG, 3), whole=True)
        event = reading.event(first)
        assert event is not None
        assert event.checkpoint == Checkpoint(LOG, 12)
        with pytest.raises(StreamBroken):
            reading.event(mutations(12, through=12, checksum=b""))


def test_filtered_stream_may_skip_revisions_but_not_go_back() -> None:
    reading = StreamReading(AfterRevision(3), whole=False)
    event = reading.event(mutations(5, 9, through=12))
    assert isinstance(event, Mutations)
    assert event.checkpoint == Checkpoint(LOG, 12)
    reading.event(bookmark(20))
    with pytest.raises(StreamBroken):
        reading.event(mutations(19, through=21))


def test_group_larger_than_a_message_is_one_event() -> None:
    reading = StreamReading(AfterRevision(3), whole=True)
    assert reading.event(mutations(4, 5, through=3, last=8)) is None
    assert reading.event(mutations(6, 7, through=3, last=8)) is None
    event = reading.event(mutations(8, through=8, last=8))
    assert isinstance(event, Mutations)
    assert [each.revision for each in event.mutations] == [4, 5, 6, 7, 8]
    assert event.checkpoint == Checkpoint(LOG, 8)
    assert [each.revision for each in event.beyond(Checkpoint(LOG, 6))] == [7, 8]
    assert list(event.beyond(Checkpoint(OTHER, 6))) == list(event.beyond(None)) == list(event.mutations)


def test_snapshot_event_has_a_checkpoint_with_its_resume_token() -> None:
    reading = StreamReading(FromSnapshot(), whole=True)
    part = reading.event(snapshot(7, "a"))
    assert isinstance(part, Snapshot)
    assert (part.revision, part.checkpoint) == (7, Checkpoint(LOG, 7, "a"))
    complete = reading.event(bookmark(7, complete=True))
    assert isinstance(complete, Bookmark)
    assert complete.snapshot_complete
    with pytest.raises(StreamBroken):
        reading.event(mutations(9, through=9))


def test_unknown_kind_of_message_is_ignored() -> None:
    reading = StreamReading(FromLatest(), whole=True)
    assert reading.event(SubscribeResponse(log_id=LOG)) is None


async def test_batch_larger_than_a_message_is_received_as_one_event(client: RaasClient) -> None:
    """A dossier of 300 lines, and a batch that adds another 80, each told with all before and after it."""
    days = [date(2000, 1, 1) + timedelta(days=2 * each) for each in range(380)]
    operations = [inscription(ANN, "HEALTH", day, day) for day in days]
    built = await client.import_operations(operations[:300])
    answer = await client.apply_batch(operations[300:])
    async with opened(client.subscribe(AfterRevision(built.revision))) as events:
        event = await anext(events)
    assert isinstance(event, Mutations)
    assert sum(each.ByteSize() for each in event.mutations) > 1024 * 1024
    assert [len(lines_of(each.after)) for each in event.mutations] == list(range(301, 381))
    assert event.checkpoint.revision == answer.revision == built.revision + 80
