"""The chain of a process: what is appended, once, whatever becomes of the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from raas.concurrency import batch_queue
from raas.domain.audit.record import AuditRecord, RecordKind
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.audit.call_audit import Entry
from raas.usecases.ports.audit.chains import ChainedRecord
from raas.usecases.ports.errors import CommitUnknown, PortError, StoreUnavailable
from raas.usecases.recording import process_chain as module
from raas.usecases.recording.process_chain import WAITING, ProcessChain
from tests.eventually import eventually_async
from tests.usecases.recording.faulty_store import (
    CALLER,
    REFUSED_RPC,
    Fault,
    FaultyStore,
    committed,
    lost,
    sealed_by_another,
    unavailable,
)


def call(number: int, rpc: str = "/a/B", touched: Sequence[int] = ()) -> Entry:
    return AuditRecord(
        RecordKind.CALL,
        1_767_601_800_000_000 + number,
        CALLER,
        rpc,
        "OK",
        uuid4(),
        touched=tuple(map(Niss, touched)),
    ), None


@pytest.fixture
def store() -> FaultyStore:
    return FaultyStore()


@pytest.fixture
def chain(store: FaultyStore, monkeypatch: pytest.MonkeyPatch) -> ProcessChain:
    monkeypatch.setattr(module, "_RETRY_SECONDS", (0.001,) * 6)
    return ProcessChain(store)


async def refused(chain: ProcessChain, *entries: Entry, deadline: float = float("inf")) -> bool:
    """Whether records are refused with AUDIT_UNAVAILABLE."""
    try:
        await chain.append(entries, deadline)
    except Refused as error:
        if [each.reason for each in error.violations] != [Reason.AUDIT_UNAVAILABLE]:
            raise
        return True
    return False


async def test_records_of_concurrent_calls_share_transactions_and_keep_their_order(
    store: FaultyStore, chain: ProcessChain
) -> None:
    calls = [call(n) for n in range(100)]
    await asyncio.gather(*(chain.append([each]) for each in calls))
    assert store.kept() == [record for record, _ in calls]
    assert len(store.processes) == 1
    assert store.appends < 10


async def test_records_of_one_call_stay_together(store: FaultyStore, chain: ProcessChain) -> None:
    calls = [[call(n), call(n + 100)] for n in range(10)]
    await asyncio.gather(*(chain.append(each) for each in calls))
    assert store.kept() == [record for entries in calls for record, _ in entries]


@pytest.mark.parametrize("fault", [lost, committed, sealed_by_another, unavailable])
@pytest.mark.parametrize("unreadable", [0, 1, 3])
async def test_record_is_kept_once_whatever_became_of_the_commit(
    store: FaultyStore, chain: ProcessChain, fault: Fault, unreadable: int
) -> None:
    await chain.append([first := call(1)])
    store.faults, store.unreadable = [fault], unreadable
    assert not await refused(chain, second := call(2))
    assert not await refused(chain, third := call(3))
    assert [record for record, _ in (first, second, third)] == store.kept()


async def test_call_is_not_kept_again_where_the_outcome_stays_unknown(
    store: FaultyStore, chain: ProcessChain
) -> None:
    store.faults, store.unreadable = [committed], 100
    assert await refused(chain, first := call(1))
    store.unreadable = 0
    assert not await refused(chain, second := call(2))
    assert store.kept() == [first[0], second[0]]


async def test_every_commit_that_is_lost_is_asked_about(store: FaultyStore, chain: ProcessChain) -> None:
    store.faults = [lost, lost, committed]
    assert not await refused(chain, entry := call(1))
    assert store.kept() == [entry[0]]


async def test_store_that_does_not_answer_is_tried_again_and_then_given_up(
    store: FaultyStore, chain: ProcessChain
) -> None:
    store.faults = [unavailable] * 6
    assert not await refused(chain, call(1))
    store.faults = [unavailable] * 7
    assert await refused(chain, call(2))
    assert len(store.kept()) == 1
    assert len(store.processes) == 1


async def test_given_up_chains_are_sealed_at_their_length(store: FaultyStore, chain: ProcessChain) -> None:
    for number, fault in enumerate((lost, committed)):
        store.faults = [fault]
        await chain.append([call(number)])
    await chain.append([call(2)])
    assert store.causes() == [None, None, None]
    store.unreadable = 1
    with pytest.raises(StoreUnavailable):
        await chain.seal_given_up()
    await chain.seal_given_up()
    assert store.causes() == ["ended", "ended", None]
    await chain.close()
    assert store.causes() == ["ended", "ended", "ended"]
    assert len(store.kept()) == 3


async def test_chain_that_another_process_sealed_is_left_as_it_is(
    store: FaultyStore, chain: ProcessChain
) -> None:
    store.faults = [sealed_by_another]
    await chain.append([call(1)])
    await chain.close()
    assert store.causes() == ["died", "ended"]


async def test_begin_whose_commit_is_unknown_is_not_used(
    store: FaultyStore, chain: ProcessChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = store.begin

    async def begin_once(process: UUID, first: ChainedRecord) -> None:
        await begin(process, first)
        if len(store.processes) == 1:
            raise CommitUnknown("lost at COMMIT")

    monkeypatch.setattr(store, "begin", begin_once)
    assert not await refused(chain, entry := call(1))
    await chain.close()
    assert store.causes() == ["ended", "ended"]
    assert store.kept() == [entry[0]]


async def test_record_that_the_store_refuses_is_refused_alone(
    store: FaultyStore, chain: ProcessChain
) -> None:
    calls = [call(1), call(2, REFUSED_RPC), call(3)]
    assert await asyncio.gather(*(refused(chain, each) for each in calls)) == [False, True, False]
    assert store.kept() == [calls[0][0], calls[2][0]]


async def test_record_that_is_too_large_is_refused_alone(store: FaultyStore, chain: ProcessChain) -> None:
    calls = [call(1), call(2, touched=range(10_000_000_000, 10_000_030_000)), call(3)]
    assert await asyncio.gather(*(refused(chain, each) for each in calls)) == [False, True, False]
    assert store.kept() == [calls[0][0], calls[2][0]]


async def test_records_of_callers_that_left_while_they_waited_are_not_appended(
    store: FaultyStore, chain: ProcessChain
) -> None:
    store.open.clear()
    first = asyncio.ensure_future(chain.append([call(1)]))
    await eventually_async(lambda: store.appends == 1)
    gone = asyncio.ensure_future(chain.append([call(2)]))
    late = asyncio.ensure_future(refused(chain, call(3), deadline=time.monotonic() - 1))
    await eventually_async(lambda: chain.waiting == 2)
    gone.cancel()
    store.open.set()
    await first
    assert await late
    assert [record.time for record in store.kept()] == [call(1)[0].time]


async def test_record_whose_deadline_passes_between_two_attempts_is_not_appended(
    store: FaultyStore, chain: ProcessChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(batch_queue, "time", SimpleNamespace(monotonic=lambda: now))
    store.open.clear()
    store.faults = [unavailable]
    waits = asyncio.ensure_future(chain.append([call(1)]))
    expires = asyncio.ensure_future(refused(chain, call(2), deadline=100.0))
    await eventually_async(lambda: store.appends == 1 and not chain.waiting)
    now = 200.0
    causes: list[str] = []
    monkeypatch.setattr(module, "log", SimpleNamespace(error=lambda _, cause: causes.append(cause)))
    store.open.set()
    await waits
    assert await expires
    assert causes == ["DeadlinePassed"]
    assert [record.time for record in store.kept()] == [call(1)[0].time]


async def test_records_beyond_what_may_wait_are_refused_at_once(
    store: FaultyStore, chain: ProcessChain
) -> None:
    store.open.clear()
    large = [call(n) for n in range(1_000)]
    failed: list[int] = []
    for _ in range(WAITING // len(large) + 2):
        chain.append_later(large, lambda: failed.append(0))
    while not failed:
        chain.append_later(large, lambda: failed.append(1))
    assert await refused(chain, call(1))
    store.open.set()
    await chain.close()
    assert len(store.kept()) % len(large) == 0
    assert len(store.kept()) > WAITING


async def test_failure_of_a_record_that_nobody_waits_for_is_told(
    store: FaultyStore, chain: ProcessChain
) -> None:
    failed: list[str] = []
    chain.append_later([call(1, REFUSED_RPC)], lambda: failed.append("refused"))
    chain.append_later([call(2)], lambda: failed.append("kept"))
    await chain.close()
    assert failed == ["refused"]
    assert len(store.kept()) == 1


async def test_closed_chain_ends_with_its_seal_and_another_begins_after_it(
    store: FaultyStore, chain: ProcessChain
) -> None:
    await chain.append([call(1)])
    name = chain.name
    await chain.close()
    await chain.append([call(2)])
    assert chain.name not in (None, name)
    assert store.causes() == ["ended", None]


async def test_close_of_a_chain_that_cannot_be_sealed_raises(store: FaultyStore, chain: ProcessChain) -> None:
    await chain.append([call(1)])
    store.faults = [unavailable]
    with pytest.raises(PortError):
        await chain.close()


@pytest.mark.parametrize("fault", [lost, committed, sealed_by_another])
@pytest.mark.parametrize("at_the_end", [True, False])
async def test_records_that_nobody_waits_for_are_kept_once_where_the_outcome_is_learned_late(
    store: FaultyStore, chain: ProcessChain, fault: Fault, at_the_end: bool
) -> None:
    await chain.append([first := call(1)])
    store.faults, store.unreadable = [fault], 100
    failed: list[int] = []
    chain.append_later([second := call(2)], lambda: failed.append(2))
    await eventually_async(lambda: store.unreadable < 100 - len(module._RETRY_SECONDS))
    assert not await refused(chain, third := call(3))
    store.unreadable = 0
    if not at_the_end:
        await chain.seal_given_up()
    await chain.close()
    assert failed == []
    assert None not in store.causes()
    assert sorted(store.kept(), key=lambda record: record.time) == [first[0], second[0], third[0]]


async def test_chain_that_cannot_be_read_does_not_keep_others_from_being_sealed(
    store: FaultyStore, chain: ProcessChain
) -> None:
    for number in range(2):
        store.faults = [lost]
        await chain.append([call(number)])
    store.unreadable = 1
    with pytest.raises(StoreUnavailable):
        await chain.seal_given_up()
    assert store.causes() == [None, "ended", None]


async def test_chain_that_is_begun_while_others_are_sealed_is_used(
    store: FaultyStore, chain: ProcessChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, begins, go_on = store.begin, asyncio.Event(), asyncio.Event()

    async def begin_slowly(process: UUID, first: ChainedRecord) -> None:
        begins.set()
        await go_on.wait()
        await begin(process, first)

    monkeypatch.setattr(store, "begin", begin_slowly)
    appending = asyncio.ensure_future(chain.append([entry := call(1)]))
    await begins.wait()
    await chain.seal_given_up()
    go_on.set()
    await appending
    assert store.kept() == [entry[0]]
