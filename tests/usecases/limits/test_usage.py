"""A limit holds over all processes, within a fifth, wherever a caller's calls arrive."""

from __future__ import annotations

import pytest

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.calls.call import CallerKey
from raas.usecases.limits.limits import CallerLimits, CallKind, LimitTable
from raas.usecases.limits.usage import IDLE_SECONDS
from tests.usecases.limits.processes import TICK_SECONDS, Processes

ANN, BOB = CallerKey(EnterpriseNumber(999999922), "A"), CallerKey(EnterpriseNumber(999999922), "B")
LIMIT = 400
TABLE = LimitTable(CallerLimits(read_calls_per_second=LIMIT, calls_in_flight=40))


def allowed_per_second(
    processes: Processes, offered: list[float], seconds: float = 4, caller: CallerKey = ANN
) -> list[float]:
    """What each process allows, when a caller offers it so many calls a second."""
    owed, allowed = [0.0] * len(offered), [0] * len(offered)

    def step(index: int) -> None:
        owed[index] += offered[index] * TICK_SECONDS
        calls = processes.usages[index].of(caller).rates[CallKind.READ][0]
        for _ in range(int(owed[index])):
            allowed[index] += calls.take(processes.now, 1) == 0
        owed[index] -= int(owed[index])

    processes.run(seconds, step)
    return [count / seconds for count in allowed]


@pytest.mark.parametrize(
    "offered",
    [
        [1_000],
        [1_000, 1_000],
        [2_000, 0],
        [2_000, 20],
        [2_000, 300],
        [250, 250],
        [500, 500, 500, 500, 500, 500, 500, 500],
        [4_000, 0, 0, 100, 0, 50, 0, 0],
    ],
)
def test_rate_over_all_processes_is_the_limit(offered: list[float]) -> None:
    processes = Processes(len(offered), TABLE)
    # The first seconds include the burst.
    assert sum(allowed_per_second(processes, offered, 5)) == pytest.approx(LIMIT, rel=0.2)
    assert sum(allowed_per_second(processes, offered)) == pytest.approx(LIMIT, rel=0.05)


@pytest.mark.parametrize("offered", [[350.0], [350, 0], [175, 175], [300, 40], [40] * 9])
def test_caller_below_its_limit_is_not_refused(offered: list[float]) -> None:
    processes = Processes(len(offered), TABLE)
    allowed_per_second(processes, offered, 1)
    assert sum(allowed_per_second(processes, offered)) == pytest.approx(sum(offered), abs=1)


def test_caller_that_begins_below_its_limit_at_one_process_is_refused_little() -> None:
    processes = Processes(8, TABLE)
    allowed = allowed_per_second(processes, [250, *[0] * 7], 2)
    assert sum(allowed) >= 0.9 * 250


def test_calls_that_move_to_another_process_are_followed_within_two_seconds() -> None:
    processes = Processes(2, TABLE)
    allowed_per_second(processes, [2_000, 0])
    assert sum(allowed_per_second(processes, [0, 2_000], 2)) <= 1.2 * LIMIT
    assert allowed_per_second(processes, [0, 2_000])[1] == pytest.approx(LIMIT, rel=0.02)


def test_part_of_a_dead_process_goes_to_the_others() -> None:
    processes = Processes(2, TABLE)
    allowed_per_second(processes, [1_000, 1_000], 2)
    parts = allowed_per_second(processes, [1_000, 1_000])
    assert parts == pytest.approx([LIMIT / 2] * 2, rel=0.05)
    processes.alive[1] = False
    allowed_per_second(processes, [1_000, 0], 2)
    assert allowed_per_second(processes, [1_000, 0])[0] == pytest.approx(LIMIT, rel=0.02)


def test_callers_have_limits_of_their_own() -> None:
    processes = Processes(2, TABLE)
    allowed_per_second(processes, [2_000, 2_000])
    assert sum(allowed_per_second(processes, [150, 150], caller=BOB)) == pytest.approx(300, abs=1)


def test_calls_in_flight_over_all_processes_stay_within_a_fifth_of_the_limit() -> None:
    processes = Processes(3, TABLE)
    held = [0] * 3
    seen: list[int] = []

    def step(index: int) -> None:
        """A greedy caller keeps as many calls in flight as it may; every one takes three ticks."""
        meter = processes.usages[index].of(ANN).in_flight
        if processes.now * 100 % 3 < 1:
            for _ in range(held[index]):
                meter.leave()
            held[index] = 0
        for _ in range((60, 30, 3)[index]):
            held[index] += meter.enter()
        if index == 2:
            seen.append(sum(held))

    processes.run(2, step)
    seen.clear()
    processes.run(4, step)
    assert 0.8 * 40 <= max(seen) <= 1.2 * 40


def test_caller_that_is_idle_is_forgotten() -> None:
    processes = Processes(1, TABLE)
    allowed_per_second(processes, [10], 1)
    assert processes.usages[0].count == 1
    processes.run(IDLE_SECONDS / 2, lambda _: None)
    assert processes.usages[0].count == 1
    processes.run(IDLE_SECONDS, lambda _: None)
    assert processes.usages[0].count == 0


def test_caller_that_appears_at_a_second_process_gets_what_the_first_one_leaves() -> None:
    processes = Processes(2, TABLE)
    allowed_per_second(processes, [2_000, 0])
    calls = processes.usages[1].of(ANN).rates[CallKind.READ][0]
    assert sum(calls.take(processes.now, 1) == 0 for _ in range(100)) <= 3


def test_callers_beyond_many_are_forgotten_as_soon_as_they_are_idle() -> None:
    processes = Processes(1, TABLE)
    for number in range(10_001):
        processes.usages[0].of(CallerKey(EnterpriseNumber(number), "A"))
    processes.run(0.5, lambda _: None)
    assert processes.usages[0].count == 0
