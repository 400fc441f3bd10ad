"""MutationStream over a real port and a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import grpc.aio
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from raas.domain.audit.record import BulkRead, RecordKind
from raas.domain.numbers.enterprise_number import parse_enterprise_number
from raas.storage.maintenance.trim import PostgresTrims
from raas.storage.reads.registers import PostgresRegisterStore
from raas.usecases.calls.audit import extents as audit_extents
from raas.usecases.feed.dispatcher import DispatcherLimits
from raas.v1 import mutation_stream_pb2 as v1
from raas.v1 import register_service_pb2 as registers_v1
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.mutation_pb2 import Mutation, MutationKind
from raas.v1.period_pb2 import Period
from tests.oracle import numbers
from tests.rpc.harness import told
from tests.stream.harness import StreamHarness, stream_harness
from tests.stream.reading import metadata

ANN, BOB = numbers.niss(1985, 67, 30, 33), numbers.niss(2017, 67, 3, 33)
OTHER = numbers.enterprise_number(9999998)
OTHER_LOG = "00000000-0000-4000-8000-000000000000"
SECONDS = 60
NEVER = DispatcherLimits(poll_seconds=3_600, poll_seconds_not_listening=3_600)


@pytest.fixture
async def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> AsyncIterator[StreamHarness]:
    async with stream_harness(engine, reading_engine) as opened:
        yield opened


@pytest.fixture
async def unpolled(engine: AsyncEngine, reading_engine: AsyncEngine) -> AsyncIterator[StreamHarness]:
    async with stream_harness(engine, reading_engine, limits=NEVER) as opened:
        yield opened


class Listener:
    """A subscription that is read message by message."""

    def __init__(self, harness: StreamHarness, register: str, **asked: Any) -> None:
        heartbeat = asked.pop("heartbeat", None)
        caller = asked.pop("caller", register)
        request = v1.SubscribeRequest(register=register, **asked)
        if heartbeat is not None:
            request.heartbeat_interval.FromMilliseconds(int(heartbeat * 1000))
        self._call = harness.stream.Subscribe(request, metadata=metadata(caller), timeout=SECONDS)

    async def next(self) -> v1.SubscribeResponse:
        message = await self._call.read()
        assert message is not grpc.aio.EOF
        return message

    async def revisions(self, through: int) -> list[int]:
        """The revisions of the mutations up to a place to resume from."""
        return [mutation.revision for mutation in await self.mutations(through)]

    async def mutations(self, through: int) -> list[Mutation]:
        """The mutations up to a place to resume from."""
        found: list[Mutation] = []
        while True:
            part = (await self.next()).mutations
            found += part.mutations
            if part.through_revision >= through:
                return found

    async def refused(self) -> tuple[str, str, dict[str, str]]:
        """Status, reason and metadata of the refusal that ends it."""
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await self._to_the_end()
        refusal = told(raised.value)
        return refusal.status, refusal.info.reason, dict(refusal.info.metadata)

    async def _to_the_end(self) -> None:
        while True:
            await self.next()

    def stop(self) -> None:
        self._call.cancel()


async def test_mutations_come_after_a_revision_and_then_as_they_are_committed(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    await harness.inscribe(register, ANN, "A", 2020)
    listener = Listener(harness, register, after_revision=1)
    assert await listener.revisions(2) == [2]
    last = await harness.inscribe(register, ANN, "A", 2021, 2022)
    assert await listener.revisions(last) == [3, 4]
    listener.stop()


async def test_listed_mutation_equals_that_of_the_history(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    await harness.inscribe(register, ANN, "A", 2020, 2021)
    listener = Listener(harness, register, after_revision=0)
    streamed = (await listener.next()).mutations.mutations
    listed = await harness.stream.ListMutations(v1.ListMutationsRequest(), metadata=metadata(register))
    assert list(streamed) == list(listed.mutations)
    assert [m.kind for m in streamed] == [
        MutationKind.MUTATION_KIND_DOSSIER_TYPE_CHANGED,
        MutationKind.MUTATION_KIND_INSCRIBED,
        MutationKind.MUTATION_KIND_INSCRIBED,
    ]
    assert [m.batch_last_revision for m in streamed] == [1, 3, 3]
    assert streamed[0].dossier_type_change.after.code == "A"
    assert list(streamed[2].before) == list(streamed[1].after)
    listener.stop()


async def test_mutations_passed_on_by_a_write_equal_those_of_the_log(
    unpolled: StreamHarness,
) -> None:
    harness = unpolled
    register = await harness.new_register("A")
    listener = Listener(harness, register)
    # The stream is open before the first write: one that begins later reads what it missed from the log.
    assert (await listener.next()).bookmark.revision == 1
    stub, said = harness.registers, metadata(register)

    def inscribing(niss: str, begin: str, end: str, **more: str) -> registers_v1.InscribeRequest:
        period = Period(begin=begin, end=end or None)
        return registers_v1.InscribeRequest(niss=niss, dossier_type="A", period=period, **more)

    await stub.Inscribe(inscribing(ANN, "2020-01-01", "2020-12-31", request_id="r-1"), metadata=said)
    await stub.Inscribe(
        inscribing(ANN, "2022-01-01", ""),
        metadata=(*said, ("raas-legal-context", "law"), ("raas-ticket", "T-7")),
    )
    await stub.Inscribe(inscribing(ANN, "2021-01-01", "2021-12-31"), metadata=said)
    await stub.Remove(
        registers_v1.RemoveRequest(
            niss=ANN, dossier_type="A", period=Period(begin="2020-05-01", end="2020-05-31")
        ),
        metadata=said,
    )
    await stub.Remove(registers_v1.RemoveRequest(niss=ANN, dossier_type="A"), metadata=said)
    await harness.inscribe(register, BOB, "A", 1990, 1992, 1994)
    await stub.CreateDossierType(
        registers_v1.CreateDossierTypeRequest(dossier_type=DossierType(code="B", labels={"fr": "É"})),
        metadata=said,
    )
    last = await harness.inscribe(register, BOB, "B", 2001)
    streamed = await listener.mutations(last)
    assert harness.logs.readings == 0

    listed = await harness.stream.ListMutations(v1.ListMutationsRequest(after_revision=1), metadata=said)
    assert [str(mutation) for mutation in streamed] == [str(mutation) for mutation in listed.mutations]
    assert len(streamed) == last - 1
    listener.stop()


async def test_the_latest_begins_with_a_bookmark(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    listener = Listener(harness, register)
    first = await listener.next()
    assert (first.bookmark.revision, first.bookmark.snapshot_complete) == (1, False)
    UUID(first.log_id)
    last = await harness.inscribe(register, ANN, "A", 2020)
    assert await listener.revisions(last) == [2]
    listener.stop()


async def test_quiet_stream_sends_bookmarks(harness: StreamHarness) -> None:
    register = await harness.new_register("A", "B")
    listener = Listener(harness, register, after_revision=2, dossier_types=["B"], heartbeat=1)
    revision = await harness.inscribe(register, ANN, "A", 2020)
    seen = 0
    while seen < revision:
        bookmark = (await listener.next()).bookmark
        assert bookmark.revision >= seen
        seen = bookmark.revision
    listed = await harness.stream.ListMutations(v1.ListMutationsRequest(), metadata=metadata(register))
    assert bookmark.checksum == listed.mutations[-1].checksum
    assert bookmark.record_time == listed.mutations[-1].record_time
    listener.stop()


async def test_snapshot_ends_with_a_bookmark_and_mutations_follow(harness: StreamHarness) -> None:
    register = await harness.new_register("A", "B")
    await harness.inscribe(register, ANN, "A", 2020)
    await harness.inscribe(register, BOB, "B", 2020)
    listener = Listener(harness, register, snapshot=v1.SnapshotStart())
    part, complete = await listener.next(), await listener.next()
    assert [(d.niss, d.dossier_type) for d in part.snapshot.dossiers] == sorted([(ANN, "A"), (BOB, "B")])
    assert part.snapshot.revision == 4
    assert (complete.bookmark.revision, complete.bookmark.snapshot_complete) == (4, True)
    last = await harness.inscribe(register, ANN, "A", 2021)
    assert await listener.revisions(last) == [last]
    listener.stop()


async def test_interrupted_snapshot_resumes_as_of_its_revision(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    await harness.inscribe(register, ANN, "A", 2020)
    first = Listener(harness, register, snapshot=v1.SnapshotStart())
    token = (await first.next()).snapshot.resume_token
    first.stop()
    await harness.inscribe(register, BOB, "A", 2020)
    second = Listener(harness, register, snapshot=v1.SnapshotStart(resume_token=token))
    bookmark = (await second.next()).bookmark
    assert (bookmark.revision, bookmark.snapshot_complete) == (2, True)
    assert await second.revisions(3) == [3]
    second.stop()
    assert ANN not in token
    for asked in (
        {"snapshot": v1.SnapshotStart(resume_token=token), "dossier_types": ["A"]},
        {"snapshot": v1.SnapshotStart(resume_token="nonsense")},
        {"snapshot": v1.SnapshotStart(resume_token=token), "caller": OTHER},
    ):
        status, reason, _ = await Listener(harness, register, **asked).refused()
        assert (status, reason) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")


async def test_filters_select_mutations_by_type_and_kind(harness: StreamHarness) -> None:
    register = await harness.new_register("A", "B")
    await harness.inscribe(register, ANN, "A", 2020)
    await harness.inscribe(register, ANN, "B", 2020)
    expected = {
        "types": ({"dossier_types": ["B"]}, [2, 4], [6]),
        "kinds": ({"kinds": [MutationKind.MUTATION_KIND_INSCRIBED]}, [3, 4], [5, 6]),
        "both": (
            {"kinds": [MutationKind.MUTATION_KIND_INSCRIBED], "dossier_types": ["A"]},
            [3],
            [5],
        ),
    }
    listeners = {name: Listener(harness, register, after_revision=0, **e[0]) for name, e in expected.items()}
    # Of the log, and then as it happens.
    assert {n: await each.revisions(4) for n, each in listeners.items()} == {
        name: each[1] for name, each in expected.items()
    }
    await harness.inscribe(register, BOB, "A", 2020)
    last = await harness.inscribe(register, BOB, "B", 2020)
    for name, each in listeners.items():
        found: list[int] = []
        while len(found) < len(expected[name][2]):
            found += [mutation.revision for mutation in (await each.next()).mutations.mutations]
        assert found == expected[name][2]
        each.stop()
    assert last == 6


async def test_start_that_is_not_possible_is_refused_with_its_own_reason(
    harness: StreamHarness, engine: AsyncEngine
) -> None:
    register = await harness.new_register("A")
    for year in range(2000, 2010):
        await harness.inscribe(register, ANN, "A", year)
    await _trim(engine, register, 5)
    log_id = (await Listener(harness, register).next()).log_id
    for asked, expected in (
        ({"after_revision": 4}, ("OUT_OF_RANGE", "REVISION_EXPIRED", {"oldest_revision": "5"})),
        ({"after_revision": 12}, ("OUT_OF_RANGE", "REVISION_IN_FUTURE", {"latest_revision": "11"})),
        ({"after_revision": 2**63 - 1}, ("OUT_OF_RANGE", "REVISION_IN_FUTURE", {"latest_revision": "11"})),
        (
            {"after_revision": 6, "log_id": OTHER_LOG},
            ("FAILED_PRECONDITION", "LOG_REPLACED", {"log_id": log_id}),
        ),
        ({"after_revision": -1}, ("INVALID_ARGUMENT", "VALUE_INVALID", {})),
        ({"log_id": "nonsense"}, ("INVALID_ARGUMENT", "VALUE_INVALID", {})),
        ({"dossier_types": ["X"]}, ("NOT_FOUND", "DOSSIER_TYPE_UNKNOWN", {})),
        ({"kinds": [77]}, ("INVALID_ARGUMENT", "VALUE_INVALID", {})),
        (
            {"heartbeat": 0.5},
            ("INVALID_ARGUMENT", "VALUE_INVALID", {"minimum": "1", "maximum": "300"}),
        ),
        ({"acknowledged": v1.AcknowledgedStart()}, ("INVALID_ARGUMENT", "REQUIRED", {})),
        (
            {"acknowledged": v1.AcknowledgedStart(), "subscriber": "nobody"},
            ("NOT_FOUND", "SUBSCRIBER_UNKNOWN", {}),
        ),
    ):
        status, reason, values = await Listener(harness, register, **asked).refused()  # type: ignore[arg-type]
        del values["violation_count"]
        assert (status, reason, values) == expected
    listener = Listener(harness, register, after_revision=5, log_id=log_id)
    assert (await listener.revisions(11))[0] == 6
    listener.stop()


@pytest.mark.parametrize("revision", [2**62, 2**62 + 1, 2**63 - 2, 2**63 - 1])
async def test_revision_near_the_largest_number_is_in_the_future(
    harness: StreamHarness, revision: int
) -> None:
    register = await harness.new_register("A")
    calls = (
        (harness.stream.ListMutations, v1.ListMutationsRequest(after_revision=revision)),
        (harness.stream.Acknowledge, v1.AcknowledgeRequest(subscriber="copy", revision=revision)),
        (harness.registers.Consult, registers_v1.ConsultRequest(at_revision=revision)),
    )
    for rpc, request in calls:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await rpc(request, metadata=metadata(register))
        refusal = told(raised.value)
        assert (refusal.status, refusal.info.reason) == ("OUT_OF_RANGE", "REVISION_IN_FUTURE")


async def test_all_violations_are_reported_at_once(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    state = {"dossier_types": ["A", "X"], "after_revision": 9}
    shape = {**state, "kinds": [77]}
    found = ["dossier_types[1]: DOSSIER_TYPE_UNKNOWN", "after_revision: REVISION_IN_FUTURE"]
    for asked, expected in (
        (state, found),
        (shape, ["kinds[0]: VALUE_INVALID", *found]),
        ({**state, "log_id": OTHER_LOG}, [found[0], "log_id: LOG_REPLACED"]),
        (
            {**shape, "after_revision": -1},
            ["after_revision: VALUE_INVALID", "kinds[0]: VALUE_INVALID", found[0]],
        ),
    ):
        listed = harness.stream.ListMutations(v1.ListMutationsRequest(**asked), metadata=metadata(register))
        streamed = harness.stream.Subscribe(v1.SubscribeRequest(**asked), metadata=metadata(register))
        for answer in (listed, streamed.read()):
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await answer
            violations = told(raised.value).violations
            assert sorted(f"{field}: {reason}" for field, reason in violations) == sorted(expected)


async def test_subscriber_resumes_at_its_acknowledged_revision(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    for year in range(2000, 2004):
        await harness.inscribe(register, ANN, "A", year)
    first = Listener(harness, register, after_revision=0, subscriber="mirror")
    await first.revisions(5)
    first.stop()
    assert await _acknowledge(harness, register, "mirror", 3) == 3
    assert await _acknowledge(harness, register, "mirror", 2) == 3
    again = Listener(harness, register, acknowledged=v1.AcknowledgedStart(), subscriber="mirror")
    assert await again.revisions(5) == [4, 5]
    again.stop()
    other = {"acknowledged": v1.AcknowledgedStart(), "subscriber": "mirror", "dossier_types": ["A"]}
    status, reason, _ = await Listener(harness, register, **other).refused()
    assert (status, reason) == ("FAILED_PRECONDITION", "SUBSCRIBER_FILTER_DIFFERS")


async def test_subscriber_that_reads_again_is_protected_from_trimming(
    harness: StreamHarness, engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    register = await harness.new_register("A")
    for year in range(2000, 2004):
        await harness.inscribe(register, ANN, "A", year)
    trims = PostgresTrims(engine, reading_engine)
    found = await PostgresRegisterStore(reading_engine).find(parse_enterprise_number(register))
    assert found is not None
    assert await _acknowledge(harness, register, "mirror", 5) == 5
    listener = Listener(harness, register, after_revision=2, subscriber="mirror")
    await listener.revisions(5)
    step = await trims.step(found.id, 5, 100, datetime.now(UTC) - timedelta(days=1))
    assert (step.oldest_revision, step.held_by is not None) == (2, True)
    listener.stop()
    # Resumed from its acknowledged revision, it needs nothing before it.
    again = Listener(harness, register, acknowledged=v1.AcknowledgedStart(), subscriber="mirror")
    await harness.inscribe(register, ANN, "A", 2005)
    await again.revisions(6)
    step = await trims.step(found.id, 5, 100, datetime.now(UTC) - timedelta(days=1))
    assert step.oldest_revision == 5
    again.stop()


async def test_subscriber_deleted_while_connected_resumes_under_its_filters(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    await harness.inscribe(register, ANN, "A", 2000)
    filters = {"subscriber": "mirror", "dossier_types": ["A"]}
    listener = Listener(harness, register, after_revision=0, **filters)
    await listener.revisions(2)
    await harness.stream.DeleteSubscriber(
        v1.DeleteSubscriberRequest(subscriber="mirror"), metadata=metadata(register)
    )
    assert await _subscribers(harness, register) == []
    assert await _acknowledge(harness, register, "mirror", 1) == 1
    listener.stop()
    again = Listener(harness, register, acknowledged=v1.AcknowledgedStart(), **filters)
    assert await again.revisions(2) == [2]
    again.stop()


async def test_subscriber_under_other_filters_starts_again(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    await harness.inscribe(register, ANN, "A", 2000)
    await _acknowledge(harness, register, "mirror", 2)
    listener = Listener(harness, register, after_revision=1, subscriber="mirror", dossier_types=["A"])
    await listener.revisions(2)
    (subscriber,) = await _subscribers(harness, register)
    assert (subscriber.acknowledged_revision, list(subscriber.dossier_types)) == (1, ["A"])
    listener.stop()


async def test_subscribers_are_listed_with_their_lag_and_presence(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    await harness.inscribe(register, ANN, "A", 2000)
    listener = Listener(harness, register, subscriber="mirror")
    await listener.next()
    await _acknowledge(harness, register, "poller", 1)
    while not [s for s in await _subscribers(harness, register) if s.connected]:
        await asyncio.sleep(0.05)
    mirror, poller = await _subscribers(harness, register)
    assert (mirror.name, mirror.acknowledged_revision, mirror.lag) == ("mirror", 2, 0)
    assert (poller.name, poller.acknowledged_revision, poller.lag) == ("poller", 1, 1)
    assert not poller.connected
    listener.stop()
    while [s for s in await _subscribers(harness, register) if s.connected]:
        await asyncio.sleep(0.05)


async def test_a_caller_sees_and_deletes_its_own_subscribers_the_owner_all(harness: StreamHarness) -> None:
    register = await harness.new_register()
    await _acknowledge(harness, register, "of the owner", 0)
    await _acknowledge(harness, register, "of another", 0, caller=OTHER)
    names = [s.name for s in await _subscribers(harness, register)]
    assert sorted(names) == ["of another", "of the owner"]
    assert [s.name for s in await _subscribers(harness, register, caller=OTHER)] == ["of another"]
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await _delete(harness, register, "of the owner", whose=register, caller=OTHER)
    assert told(raised.value).info.reason == "MANDATE_MISSING"
    await _delete(harness, register, "of another", whose=OTHER)
    await _delete(harness, register, "nobody")
    assert [s.name for s in await _subscribers(harness, register)] == ["of the owner"]


async def test_subscribers_are_listed_by_page(harness: StreamHarness) -> None:
    register = await harness.new_register()
    for name in ("c", "a", "b"):
        await _acknowledge(harness, register, name, 0)
    token, names = "", []
    while True:
        page = await harness.stream.ListSubscribers(
            v1.ListSubscribersRequest(page_size=2, page_token=token), metadata=metadata(register)
        )
        names.append([s.name for s in page.subscribers])
        token = page.next_page_token
        if not token:
            break
    assert names == [["a", "b"], ["c"]]


async def test_listing_resumes_where_it_ended(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    await harness.inscribe(register, ANN, "A", 2000)
    await harness.inscribe(register, BOB, "A", *range(2000, 2005))
    await harness.inscribe(register, ANN, "A", 2001)
    answers = []
    after = 0
    while after < 8:
        answer = await harness.stream.ListMutations(
            v1.ListMutationsRequest(after_revision=after, page_size=2), metadata=metadata(register)
        )
        after = answer.through_revision
        answers.append(([m.revision for m in answer.mutations], after, answer.latest_revision))
    # The batch 3 to 7 is larger than the page and comes whole.
    assert answers == [([1, 2], 2, 8), ([3, 4, 5, 6, 7], 7, 8), ([8], 8, 8)]


async def test_a_listing_of_one_person_looks_through_the_whole_log(harness: StreamHarness) -> None:
    register = await harness.new_register("A", "B")
    await harness.inscribe(register, ANN, "A", 2000)
    await harness.inscribe(register, BOB, "A", *range(2000, 2005))
    await harness.inscribe(register, ANN, "B", 2001)
    for asked, expected in (({}, [3, 9]), ({"dossier_types": ["B"]}, [9])):
        answer = await harness.stream.ListMutations(
            v1.ListMutationsRequest(niss=ANN, **asked), metadata=metadata(register)
        )
        assert [m.revision for m in answer.mutations] == expected
        assert (answer.through_revision, answer.latest_revision) == (9, 9)


async def test_stream_whose_log_is_replaced_ends_with_log_replaced(
    harness: StreamHarness, engine: AsyncEngine
) -> None:
    register = await harness.new_register("A")
    listener = Listener(harness, register)
    await listener.next()
    async with engine.begin() as connection:
        renew = text("UPDATE register_head SET log_id = :log WHERE register_id = :register")
        values = {"log": uuid4(), "register": await _id_of(connection, register)}
        await connection.execute(renew, values)
    status, reason, _ = await listener.refused()
    assert (status, reason) == ("FAILED_PRECONDITION", "LOG_REPLACED")


async def test_streams_end_at_shutdown_with_what_a_client_retries_on(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    async with stream_harness(engine, reading_engine) as harness:
        register = await harness.new_register("A")
        listener = Listener(harness, register)
        await listener.next()
        await harness.streaming.close()
        assert (await listener.refused())[:2] == ("UNAVAILABLE", "UNAVAILABLE")
        assert (await Listener(harness, register).refused())[:2] == ("UNAVAILABLE", "UNAVAILABLE")


class Deaf:
    """Notifications that neither arrive from other processes nor are sent to them."""

    async def send(self, register_ids: Collection[int]) -> None:
        pass

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[Collection[int]]]:
        yield self._nothing()

    async def _nothing(self) -> AsyncIterator[Collection[int]]:
        await asyncio.Event().wait()
        yield ()


async def test_a_write_through_one_process_reaches_the_subscribers_of_another(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    async with (
        stream_harness(engine, reading_engine) as writer,
        stream_harness(engine, reading_engine, limits=NEVER) as reader,
    ):
        register = await writer.new_register("A")
        listener = Listener(reader, register)
        await listener.next()
        for year in range(2000, 2010):
            last = await writer.inscribe(register, ANN, "A", year)
            assert await listener.revisions(last) == [last]
        listener.stop()


async def test_polling_finds_commits_of_another_process_that_were_not_notified(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    async with (
        stream_harness(engine, reading_engine) as writer,
        stream_harness(engine, reading_engine, notifications=Deaf()) as reader,
    ):
        register = await writer.new_register("A")
        listener = Listener(reader, register)
        await listener.next()
        last = await writer.inscribe(register, ANN, "A", 2000)
        assert await listener.revisions(last) == [last]
        listener.stop()


async def test_batch_larger_than_a_message_is_split_without_a_revision_to_resume_within(
    harness: StreamHarness,
) -> None:
    register = await harness.new_register("A")
    # A dossier of 400 lines, and then a batch of which every mutation shows all of them twice: 6 MB.
    begun = await harness.inscribe(register, ANN, "A", *range(1000, 1400))
    last = await harness.inscribe(register, ANN, "A", *range(1400, 1700))
    for after in (begun, begun + 7):
        listener = Listener(harness, register, after_revision=after)
        revisions: list[int] = []
        sizes, places = [], []
        while not places or places[-1] < last:
            message = await listener.next()
            revisions += [mutation.revision for mutation in message.mutations.mutations]
            places.append(message.mutations.through_revision)
            sizes.append(message.ByteSize())
        assert revisions == list(range(after + 1, last + 1))
        assert places == [after] * (len(places) - 1) + [last]
        assert len(places) > 3
        assert max(sizes) < 1.5 * 1024 * 1024
        listener.stop()


async def test_batch_larger_than_a_response_is_listed_in_parts(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    begun = await harness.inscribe(register, ANN, "A", *range(1000, 1400))
    last = await harness.inscribe(register, ANN, "A", *range(1400, 1700))
    request = v1.ListMutationsRequest(after_revision=begun, page_size=1_000)
    revisions: list[int] = []
    parts: list[tuple[int, bool]] = []
    while not parts or parts[-1][1]:
        page = await harness.stream.ListMutations(request, metadata=metadata(register))
        assert page.ByteSize() < 4 * 1024 * 1024
        revisions += [mutation.revision for mutation in page.mutations]
        parts.append((page.through_revision, bool(page.next_page_token)))
        request.page_token = page.next_page_token
    assert revisions == list(range(begun + 1, last + 1))
    assert parts == [(begun, True)] * (len(parts) - 1) + [(last, False)]
    assert len(parts) > 1


async def test_page_token_of_a_listing_is_refused_for_another_request(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    begun = await harness.inscribe(register, ANN, "A", *range(1000, 1400))
    await harness.inscribe(register, ANN, "A", *range(1400, 1700))
    page = await harness.stream.ListMutations(
        v1.ListMutationsRequest(after_revision=begun), metadata=metadata(register)
    )
    assert page.next_page_token
    for other in (
        v1.ListMutationsRequest(after_revision=begun, page_token=f"{page.next_page_token[:-4]}AAAA"),
        v1.ListMutationsRequest(after_revision=begun + 1, page_token=page.next_page_token),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await harness.stream.ListMutations(other, metadata=metadata(register))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_every_streamed_message_is_audited_before_it_is_sent(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    await harness.inscribe(register, ANN, "A", 2000, 2001)
    harness.audit.records.clear()
    listener = Listener(harness, register, after_revision=1)
    await listener.revisions(3)
    (record,) = harness.audit.records
    assert (record.kind, record.rpc, record.outcome) == (
        RecordKind.EXTENT,
        "/raas.v1.MutationStream/Subscribe",
        "OK",
    )
    assert record.bulk == BulkRead({}, 2, 10_001, 0)
    listener.stop()


async def test_bulk_reads_are_refused_while_space_is_kept_for_writes(harness: StreamHarness) -> None:
    register = await harness.new_register("A")
    await harness.inscribe(register, ANN, "A", 2000)
    harness.audit.admits_bulk_reads = False
    exported = harness.registers.Export(registers_v1.ExportRequest(), metadata=metadata(register))
    listed = harness.stream.ListMutations(v1.ListMutationsRequest(), metadata=metadata(register))
    for refused in (exported.read(), listed):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await refused
        assert told(raised.value).info.reason == "AUDIT_UNAVAILABLE"
    status, reason, _ = await Listener(harness, register).refused()
    assert (status, reason) == ("UNAVAILABLE", "AUDIT_UNAVAILABLE")
    of_a_person = v1.ListMutationsRequest(niss=ANN)
    listed = await harness.stream.ListMutations(of_a_person, metadata=metadata(register))
    assert [each.niss for each in listed.mutations] == [ANN]
    await harness.inscribe(register, ANN, "A", 2003)


async def test_open_stream_ends_at_its_next_extent_without_space(
    harness: StreamHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_extents, "REVISIONS", 1)
    register = await harness.new_register("A")
    listener = Listener(harness, register, after_revision=1)
    await harness.inscribe(register, ANN, "A", 2000)
    await listener.revisions(2)
    harness.audit.admits_bulk_reads = False
    await harness.inscribe(register, ANN, "A", 2003)
    _, reason, _ = await listener.refused()
    assert reason == "AUDIT_UNAVAILABLE"


async def _trim(engine: AsyncEngine, register: str, oldest: int) -> None:
    async with engine.begin() as connection:
        values = {"register": await _id_of(connection, register), "oldest": oldest}
        await connection.execute(
            text("UPDATE register_head SET oldest_revision = :oldest WHERE register_id = :register"), values
        )
        await connection.execute(
            text("DELETE FROM mutation WHERE register_id = :register AND revision < :oldest"), values
        )


async def _id_of(connection: AsyncConnection, register: str) -> int:
    query = text("SELECT id FROM register WHERE enterprise_number = :n")
    id_: int = (await connection.execute(query, {"n": int(register)})).scalar_one()
    return id_


async def _acknowledge(
    harness: StreamHarness, register: str, name: str, revision: int, caller: str | None = None
) -> int:
    answer = await harness.stream.Acknowledge(
        v1.AcknowledgeRequest(register=register, subscriber=name, revision=revision),
        metadata=metadata(caller or register),
    )
    acknowledged: int = answer.acknowledged_revision
    return acknowledged


async def _subscribers(harness: StreamHarness, register: str, caller: str | None = None) -> list[Any]:
    answer = await harness.stream.ListSubscribers(
        v1.ListSubscribersRequest(register=register), metadata=metadata(caller or register)
    )
    return list(answer.subscribers)


async def _delete(
    harness: StreamHarness, register: str, name: str, whose: str | None = None, caller: str | None = None
) -> None:
    await harness.stream.DeleteSubscriber(
        v1.DeleteSubscriberRequest(register=register, subscriber=name, subscriber_caller=whose),
        metadata=metadata(caller or register),
    )
