"""Expired lines, against sets of days."""

from __future__ import annotations

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Lines, Period, normalise
from raas.domain.numbers.niss import Niss
from raas.domain.registers.retention import expired_lines
from raas.domain.registers.shares import Share, forget_days
from tests.oracle import numbers

DAYS = st.sets(st.integers(0, 60))
ANN, BEA = (Niss(int(numbers.niss(1985, 67, 30, counter))) for counter in (61, 63))


def lines_of(days: set[int], open_from: int | None = None) -> Lines:
    last = [] if open_from is None else [Period(open_from, OPEN)]
    return normalise([*(Period(day, day + 1) for day in days), *last])


def runs(days: set[int]) -> list[set[int]]:
    """The sets of consecutive days."""
    ordered = enumerate(sorted(days))
    return [{day for _, day in group} for _, group in groupby(ordered, lambda each: each[1] - each[0])]


@given(DAYS, st.none() | st.integers(0, 70), st.integers(0, 80))
def test_line_expires_once_its_last_day_is_before_the_first_day_kept(
    days: set[int], open_from: int | None, first_kept: int
) -> None:
    closed = {day for day in days if open_from is None or day < open_from}
    # Days that touch an open line belong to it.
    expired = [run for run in runs(closed) if max(run) < first_kept and max(run) + 1 != open_from]
    found = expired_lines(lines_of(closed, open_from), first_kept)
    assert found == lines_of(set().union(*expired))


@given(DAYS, DAYS, DAYS, st.integers(0, 61), st.integers(0, 61))
def test_forgotten_days_are_in_no_share(
    mine: set[int], others: set[int], apart: set[int], begin: int, end: int
) -> None:
    shares = {ANN: Share(lines_of(mine)), BEA: Share(lines_of(others), lines_of(apart))}
    if begin >= end:
        return
    gone = set(range(begin, end))
    assert forget_days(shares, Period(begin, end)) == {
        ANN: Share(lines_of(mine - gone)),
        BEA: Share(lines_of(others - gone), lines_of(apart - gone)),
    }
