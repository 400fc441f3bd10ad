"""Admission of calls and streams, the refusals, and the exchange with other processes."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.calls.call import CallerKey
from raas.usecases.limits.call_limits import CallLimits
from raas.usecases.limits.limits import CallerLimits, CallKind, LimitTable
from raas.usecases.ports.errors import StoreFault, StoreUnavailable
from raas.usecases.ports.limits.usage_store import Report
from tests.eventually import eventually_async

ANN = CallerKey(EnterpriseNumber(999999922), "A")
BOB = CallerKey(EnterpriseNumber(244640631), "A")


class Board:
    """The reports of all processes, in memory."""

    def __init__(self) -> None:
        self.reports: dict[int, Report] = {}
        self.exchanges = 0
        self.fault: Exception | None = None

    def store(self, process: int) -> BoardStore:
        return BoardStore(self, process)


class BoardStore:
    def __init__(self, board: Board, process: int) -> None:
        self._board = board
        self._process = process

    async def exchange(self, report: Report) -> Sequence[Report]:
        self._board.exchanges += 1
        await asyncio.sleep(0)
        if self._board.fault is not None:
            raise self._board.fault
        self._board.reports[self._process] = report
        return [other for process, other in self._board.reports.items() if process != self._process]


class Refusals:
    """Counts what limits refuse."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def limit_exceeded(self, limit: str) -> None:
        self.counts[limit] += 1


def limited(
    board: Board | None = None, process: int = 0, clock: Callable[[], float] = time.monotonic, **limits: int
) -> CallLimits:
    store = (board or Board()).store(process)
    return CallLimits(LimitTable(CallerLimits(**limits)), store, Refusals(), clock)


def values(refused: pytest.ExceptionInfo[Refused]) -> tuple[str, str]:
    (violation,) = refused.value.violations
    assert violation.reason is Reason.LIMIT_EXCEEDED
    assert 0 < float(violation.values["retry_after"]) < 10
    return violation.values["limit"], violation.values["maximum"]


async def test_call_beyond_the_calls_in_flight_is_refused_until_one_ends() -> None:
    limits = limited(calls_in_flight=2)
    first, _ = [await limits.begin_call(ANN, CallKind.READ, 1) for _ in range(2)]
    with pytest.raises(Refused) as refused:
        await limits.begin_call(ANN, CallKind.WRITE, 1)
    assert values(refused) == ("calls_in_flight", "2")
    await limits.begin_call(BOB, CallKind.READ, 1)
    first.in_flight.leave()
    await limits.begin_call(ANN, CallKind.READ, 1)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(CallKind.READ, "read"), (CallKind.WRITE, "write"), (CallKind.PERSONS, "person")],
)
async def test_each_kind_of_call_has_rates_of_its_own(kind: CallKind, name: str) -> None:
    # A call that came a quarter of a second later would be allowed.
    limits = limited(clock=lambda: 100.0, **{f"{name}_calls_per_second": 4, f"{name}_items_per_second": 100})

    async def call(kind: CallKind, items: int) -> None:
        (await limits.begin_call(ANN, kind, items)).in_flight.leave()

    for _ in range(3):
        await call(kind, 1)
    with pytest.raises(Refused) as refused:
        await call(kind, 1)
    assert values(refused) == (f"{name}_calls_per_second", "4")
    for other in set(CallKind) - {kind}:
        await call(other, 1)
    for _ in range(9):
        (await limits.begin_call(ANN, next(iter(set(CallKind) - {kind})), 0)).in_flight.leave()


async def test_items_beyond_their_rate_are_refused_and_the_call_is_not_in_flight() -> None:
    limits = limited(write_items_per_second=100)
    usage = await limits.begin_call(ANN, CallKind.WRITE, 0)
    await limits.take_items(usage, CallKind.WRITE, 1_000)
    with pytest.raises(Refused) as refused:
        await limits.take_items(usage, CallKind.WRITE, 1)
    assert values(refused) == ("write_items_per_second", "100")
    with pytest.raises(Refused):
        await limits.begin_call(ANN, CallKind.WRITE, 1)
    assert usage.in_flight.open == 1


async def test_stream_waits_for_its_items_and_is_refused_when_that_takes_long() -> None:
    limits = limited(write_items_per_second=1_000)
    usage = await limits.begin_stream(ANN, CallKind.WRITE)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(3):
        await limits.await_items(usage, CallKind.WRITE, 600)
    # The first message is within the burst; those after it wait for their turn.
    assert 0.6 <= loop.time() - began < 9
    await limits.await_items(usage, CallKind.WRITE, 50_000)
    with pytest.raises(Refused) as refused:
        await limits.await_items(usage, CallKind.WRITE, 1)
    assert refused.value.violations[0].values["limit"] == "write_items_per_second"


async def test_caller_gets_a_hundred_refusals_a_second_and_all_are_counted() -> None:
    observed = Refusals()
    limits = CallLimits(LimitTable(CallerLimits(calls_in_flight=1)), Board().store(0), observed)
    await limits.begin_call(ANN, CallKind.READ, 1)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(Refused):
        await limits.begin_call(ANN, CallKind.READ, 1)
    answers = await asyncio.gather(
        *(limits.begin_call(ANN, CallKind.READ, 1) for _ in range(30)), return_exceptions=True
    )
    assert all(isinstance(answer, Refused) for answer in answers)
    assert loop.time() - began >= 0.3
    assert observed.counts == {"calls_in_flight": 31}
    # Another caller does not wait for them.
    await limits.begin_call(BOB, CallKind.READ, 1)


async def test_one_process_opens_all_streams_that_the_limit_allows_at_once() -> None:
    board = Board()
    limits = limited(board, streams=40)
    board.reports[1] = board.reports[2] = {}
    await limits.exchange.refresh()
    opened = await asyncio.gather(*(limits.begin_stream(ANN, CallKind.READ) for _ in range(40)))
    with pytest.raises(Refused) as refused:
        await limits.begin_stream(ANN, CallKind.READ)
    assert values(refused) == ("streams", "40")
    opened[0].streams.leave()
    await limits.begin_stream(ANN, CallKind.READ)


async def test_streams_at_another_process_count_and_those_closed_there_are_free() -> None:
    board = Board()
    one, two = limited(board, 1, streams=10), limited(board, 2, streams=10)
    for process in (one, two):
        await process.exchange.refresh()
    first = [await one.begin_stream(ANN, CallKind.READ) for _ in range(10)]
    await one.exchange.refresh()
    with pytest.raises(Refused):
        await two.begin_stream(ANN, CallKind.READ)
    for usage in first[:3]:
        usage.streams.leave()
    await one.exchange.refresh()
    await two.exchange.refresh()
    for _ in range(3):
        await two.begin_stream(ANN, CallKind.READ)
    with pytest.raises(Refused):
        await two.begin_stream(ANN, CallKind.READ)


async def test_refused_stream_costs_no_exchange_where_the_limit_is_known_to_be_used_up() -> None:
    board = Board()
    limits = limited(board, streams=4)
    board.reports[1] = {ANN.text: [0, 0, 0, 0, 0, 0, 0, 4]}
    await limits.exchange.refresh()
    before = board.exchanges
    for _ in range(5):
        with pytest.raises(Refused):
            await limits.begin_stream(ANN, CallKind.READ)
    assert board.exchanges == before
    usage = limits._usages.of(ANN)
    assert usage.streams.open == 0


async def test_last_allowances_stay_in_force_while_the_database_is_away() -> None:
    board = Board()
    limits = limited(board, streams=4)
    board.reports[1] = {ANN.text: [0, 0, 0, 0, 0, 0, 0, 3]}
    await limits.exchange.refresh()
    board.fault = StoreUnavailable("away")
    await limits.begin_stream(ANN, CallKind.READ)
    with pytest.raises(Refused):
        await limits.begin_stream(ANN, CallKind.READ)
    assert limits.processes == 2


async def test_fault_of_the_store_ends_the_background_task_so_that_it_is_reported() -> None:
    board = Board()
    limits = limited(board)
    board.fault = StoreFault("no such table")
    with pytest.raises(StoreFault):
        await limits.exchange.run()


async def test_streams_share_one_attempt_to_exchange_while_the_database_is_away() -> None:
    board = Board()
    limits = limited(board, streams=40)
    board.fault = StoreUnavailable("away")
    await asyncio.gather(*(limits.begin_stream(ANN, CallKind.READ) for _ in range(40)))
    assert board.exchanges <= 2


async def test_report_of_another_version_may_have_more_limits_or_fewer() -> None:
    board = Board()
    limits = limited(board, streams=4)
    board.reports |= {1: {ANN.text: [1.0]}, 2: {ANN.text: [0.0] * 20}}
    usage = await limits.begin_stream(ANN, CallKind.READ)
    await limits.exchange.refresh()
    assert usage.report()[7] == 1
    assert limits.processes == 3


async def test_exchange_begins_soon_after_a_caller_appears() -> None:
    board = Board()
    limits = limited(board)
    running = asyncio.create_task(limits.exchange.run())
    try:
        await eventually_async(lambda: board.exchanges == 1)
        await limits.begin_call(ANN, CallKind.READ, 1)
        await eventually_async(lambda: ANN.text in board.reports.get(0, {}))
        assert limits.exchange.age_seconds < 30
    finally:
        running.cancel()
