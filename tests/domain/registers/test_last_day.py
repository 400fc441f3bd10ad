"""The end of the calendar: no operation leaves days that a request cannot name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.day import OPEN, parse_day, parse_period, period_text
from raas.domain.calendar.periods import Lines, Period, normalise
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier import RemoveOutcome, inscribe, remove
from raas.domain.registers.shares import Share, Shares, inscribe_share, remove_share, separate, unite

OLD, NEW = Niss(85673003360), Niss(17670303353)
LAST = parse_day("9999-12-30")
OPEN_LINE = (Period(parse_day("2024-01-01"), OPEN),)

_days = st.sampled_from([parse_day("0001-01-01"), parse_day("2024-01-01"), LAST - 2, LAST - 1, LAST])
_inscribed = st.builds(
    lambda begin, length, is_open: Period(begin, OPEN if is_open else min(begin + length, LAST + 1)),
    _days,
    st.integers(1, 4),
    st.booleans(),
)
_removed = _inscribed | st.builds(lambda day: Period(1, day + 1), _days) | st.none()
_operations = st.lists(
    st.tuples(st.sampled_from([OLD, NEW]), st.booleans(), _inscribed, _removed), max_size=12
)


def named(lines: Lines) -> Lines:
    """The lines read again from their texts, as an import reads what an export wrote."""
    again = [parse_period("period", *period_text(line), begin_required=True) for line in lines]
    assert all(isinstance(each, Period) for each in again), lines
    return normalise(each for each in again if isinstance(each, Period))


@pytest.mark.parametrize("period", [Period(1, LAST + 1), Period(1, OPEN), None])
def test_removal_through_the_last_day_empties_an_open_line(period: Period | None) -> None:
    change = remove(OPEN_LINE, period)
    assert (change.after, change.outcome, change.gone) == ((), RemoveOutcome.REMOVED, OPEN_LINE)


def test_removal_through_the_last_day_cuts_an_open_line() -> None:
    begin = parse_day("2030-01-01")
    change = remove(OPEN_LINE, Period(begin, LAST + 1))
    assert change.after == (Period(OPEN_LINE[0].begin, begin),)
    assert change.gone == (Period(begin, OPEN),)


def test_inscription_through_the_last_day_stays_closed() -> None:
    period = Period(parse_day("2024-01-01"), LAST + 1)
    assert inscribe((), period).after == (period,)


@given(_operations, _operations)
def test_every_line_can_be_named_after_any_operations(
    before: list[tuple[Niss, bool, Period, Period | None]],
    after: list[tuple[Niss, bool, Period, Period | None]],
) -> None:
    dossiers: dict[Niss, Lines] = {OLD: (), NEW: ()}
    for niss, adds, inscribed, removed in before:
        change = inscribe(dossiers[niss], inscribed) if adds else remove(dossiers[niss], removed)
        dossiers[niss] = change.after
        assert named(change.gone) == change.gone
        assert named(change.after) == change.after
    shares: Shares = unite(OLD, dossiers[OLD], {}, NEW, dossiers[NEW], {})
    lines = normalise((*dossiers[OLD], *dossiers[NEW]))
    for niss, adds, inscribed, removed in after:
        change = inscribe(lines, inscribed) if adds else remove(lines, removed)
        shares = inscribe_share(shares, niss, inscribed) if adds else remove_share(shares, niss, removed)
        lines = change.after
        assert named(change.gone) == change.gone
        assert named(lines) == lines
        assert normalise(line for share in shares.values() for line in share.lines) == lines
    apart = separate(shares, OLD, [], NEW)
    for part in (apart.given_back, apart.kept, apart.inseparable, *_all_lines(shares)):
        assert named(part) == part


def _all_lines(shares: Shares) -> list[Lines]:
    every: list[Share] = list(shares.values())
    return [lines for share in every for lines in (share.lines, share.inseparable)]
