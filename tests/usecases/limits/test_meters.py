"""Meters: what a process allows, and the allowances of all processes together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.usecases.limits.meters import BURST_SECONDS, InFlightMeter, RateMeter, StreamMeter, allowance

_demands = st.lists(st.floats(0, 10_000), min_size=1, max_size=20)


@given(_demands, st.integers(1, 5_000))
def test_allowances_of_all_processes_add_up_to_the_limit(demands: list[float], limit: int) -> None:
    total = sum(demands)
    allowances = [allowance(limit, demand, total - demand, len(demands)) for demand in demands]
    assert 0.999 * limit <= sum(allowances) <= 1.011 * limit
    if total <= limit:
        assert all(one >= demand for one, demand in zip(allowances, demands, strict=True))


def test_rate_allows_a_burst_and_then_its_rate() -> None:
    meter = RateMeter(100, 0, 1)
    burst = 0
    while not (wait := meter.take(0.0, 1)):
        burst += 1
    assert burst == pytest.approx(BURST_SECONDS * 100, abs=1)
    assert wait <= 0.01 + 1e-9
    assert meter.take(wait + 1e-9, 1) == 0
    allowed = sum(meter.take(1 + tick / 1_000, 1) == 0 for tick in range(10_000))
    assert allowed == pytest.approx(1_000 + BURST_SECONDS * 100, abs=2)


def test_items_of_a_large_call_are_waited_for_afterwards() -> None:
    meter = RateMeter(1_000, 0, 1)
    assert meter.take(0.0, 5_000) == 0
    assert meter.take(0.0, 1) == pytest.approx(5 - BURST_SECONDS)
    assert meter.take(5.0, 5_000) == 0


def test_demand_counts_refused_calls_and_fades() -> None:
    meter = RateMeter(10, 0, 1)
    for _ in range(20):
        for _ in range(25):
            meter.take(0.0, 1)
        meter.measure(0.25)
    assert meter.demand == pytest.approx(100, rel=0.01)
    for _ in range(20):
        meter.measure(0.25)
    assert meter.demand < 0.01


def test_calls_in_flight_are_allowed_up_to_the_limit() -> None:
    meter = InFlightMeter(3, 0, 1)
    assert [meter.enter() for _ in range(5)] == [True, True, True, False, False]
    meter.leave()
    assert [meter.enter() for _ in range(2)] == [True, False]
    assert meter.open == 3


def test_calls_in_flight_are_shared_in_proportion_to_demand() -> None:
    meter = InFlightMeter(90, 0, 2)
    for _ in range(60):
        meter.enter()
    meter.measure(0.25)
    meter.settle(120.0, 2)
    while meter.open:
        meter.leave()
    assert sum(meter.enter() for _ in range(200)) == round(90 * meter.demand / (meter.demand + 120))
    meter.settle(1e9, 2)
    while meter.open:
        meter.leave()
    assert meter.enter(), "one call is always allowed"


@given(st.integers(1, 100), st.lists(st.integers(0, 60), min_size=1, max_size=5))
def test_streams_of_all_processes_never_exceed_the_limit(limit: int, wanted: list[int]) -> None:
    meters = [StreamMeter(limit, 0, len(wanted)) for _ in wanted]

    def others_of(meter: StreamMeter) -> int:
        return sum(other.open for other in meters) - meter.open

    for _ in range(60):
        for meter, want in zip(meters, wanted, strict=True):
            if meter.open < want and meter.enter():
                meter.settle(others_of(meter), len(meters))
                if meter.is_exceeded:
                    meter.leave()
        assert sum(meter.open for meter in meters) <= limit
    assert sum(meter.open for meter in meters) >= min(limit, sum(wanted))


def test_tenth_of_the_streams_opens_without_a_check() -> None:
    meters = [StreamMeter(100, 0, 4) for _ in range(4)]
    unchecked = sum(not meter.enter() for meter in meters for _ in range(30))
    assert unchecked == 8
