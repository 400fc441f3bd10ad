"""Days, and periods as callers write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.day import (
    BEGINNING,
    OPEN,
    brussels_day,
    day_text,
    end_of_brussels_day,
    parse_bound,
    parse_day,
    parse_period,
    period_text,
)
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@given(st.dates())
def test_day_is_its_ordinal_and_has_the_same_text(some):
    assert parse_day(some.isoformat()) == some.toordinal()
    assert day_text(some.toordinal()) == some.isoformat()


def test_open_follows_the_last_day_and_beginning_is_the_first_day():
    assert (parse_day("9999-12-31") + 1, parse_day("0001-01-01")) == (OPEN, BEGINNING)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "DAY_EMPTY"),
        (" ", "DAY_FORMAT"),
        ("2024", "DAY_FORMAT"),
        ("2024-2-29", "DAY_FORMAT"),
        ("20240229", "DAY_FORMAT"),
        ("2024-W09-4", "DAY_FORMAT"),
        ("2024-02-29T00:00:00", "DAY_FORMAT"),
        ("29/02/2024", "DAY_FORMAT"),
        ("2024-02-29 ", "DAY_FORMAT"),
        ("2024-02-29\n", "DAY_FORMAT"),
        ("٢٠٢٤-٠٢-٢٩", "DAY_FORMAT"),
        ("+024-02-29", "DAY_FORMAT"),
        ("2023-02-29", "DAY_NOT_IN_CALENDAR"),
        ("1900-02-29", "DAY_NOT_IN_CALENDAR"),
        ("2024-13-01", "DAY_NOT_IN_CALENDAR"),
        ("2024-04-31", "DAY_NOT_IN_CALENDAR"),
        ("2024-00-10", "DAY_NOT_IN_CALENDAR"),
        ("0000-01-01", "DAY_NOT_IN_CALENDAR"),
    ],
)
def test_other_forms_and_impossible_days_are_refused(text, sentence):
    with pytest.raises(Invalid) as caught:
        parse_day(text)
    assert caught.value.at("active_on") == Violation("active_on", Reason.VALUE_INVALID, sentence)


def test_last_day_of_the_calendar_is_refused_as_a_bound():
    with pytest.raises(Invalid) as caught:
        parse_bound("9999-12-31")
    assert caught.value.sentence == "DAY_LAST"
    assert parse_bound("9999-12-30") == OPEN - 2


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-01-15T22:59:59", "2026-01-15"),  # winter: UTC + 1
        ("2026-01-15T23:00:00", "2026-01-16"),
        ("2026-07-15T21:59:59", "2026-07-15"),  # summer: UTC + 2
        ("2026-07-15T22:00:00", "2026-07-16"),
        ("2026-03-28T23:00:00", "2026-03-29"),  # the night of the change
        ("2026-10-25T22:59:59", "2026-10-25"),
    ],
)
def test_brussels_day_follows_the_time_zone(instant, expected):
    assert day_text(brussels_day(datetime.fromisoformat(instant).replace(tzinfo=UTC))) == expected


def test_instant_without_time_zone_has_no_day():
    with pytest.raises(ValueError, match="time zone"):
        brussels_day(datetime(2026, 1, 15, 12))


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("2024-01-01", "2024-01-31", Period(day("2024-01-01"), day("2024-02-01"))),
        ("2024-02-29", "2024-02-29", Period(day("2024-02-29"), day("2024-03-01"))),
        ("2024-01-01", None, Period(day("2024-01-01"), OPEN)),
        ("0001-01-01", "9999-12-30", Period(BEGINNING, OPEN - 1)),
    ],
)
@pytest.mark.parametrize("begin_required", [True, False])
def test_bounds_are_inclusive_outside_and_half_open_inside(begin, end, expected, begin_required):
    parsed = parse_period("period", begin, end, begin_required=begin_required)
    assert parsed == expected
    assert isinstance(parsed, Period)
    assert period_text(parsed) == (begin, end)


def test_removal_without_begin_starts_at_the_first_day():
    assert parse_period("period", None, "2024-01-31", begin_required=False) == (BEGINNING, day("2024-02-01"))


def refused(field: str, sentence: str, reason: Reason = Reason.PERIOD_INVALID) -> Violation:
    return Violation(field, reason, sentence)


@pytest.mark.parametrize(
    ("begin", "end", "begin_required", "expected"),
    [
        (None, None, True, [refused("period.begin", "PERIOD_BEGIN_REQUIRED", Reason.REQUIRED)]),
        (None, "2024-01-31", True, [refused("period.begin", "PERIOD_BEGIN_REQUIRED", Reason.REQUIRED)]),
        (None, None, False, [refused("period", "PERIOD_WITHOUT_BOUNDS")]),
        ("", "", False, [refused("period.begin", "DAY_EMPTY"), refused("period.end", "DAY_EMPTY")]),
        ("2024-01-01", "", True, [refused("period.end", "DAY_EMPTY")]),
        ("2024-01-01", "9999-12-31", True, [refused("period.end", "DAY_LAST")]),
        ("9999-12-31", None, True, [refused("period.begin", "DAY_LAST")]),
        ("2024-01-02", "2024-01-01", True, [refused("period.end", "PERIOD_END_BEFORE_BEGIN")]),
        (
            "2023-02-29",
            "01/02/2023",
            True,
            [refused("period.begin", "DAY_NOT_IN_CALENDAR"), refused("period.end", "DAY_FORMAT")],
        ),
        (
            None,
            "",
            True,
            [
                refused("period.begin", "PERIOD_BEGIN_REQUIRED", Reason.REQUIRED),
                refused("period.end", "DAY_EMPTY"),
            ],
        ),
    ],
)
def test_all_violations_of_a_period_are_reported_together(begin, end, begin_required, expected):
    assert parse_period("period", begin, end, begin_required=begin_required) == expected


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2026-01-15", "2026-01-15T23:00:00+00:00"),
        ("2026-07-15", "2026-07-15T22:00:00+00:00"),
        # The clocks change on the day itself.
        ("2026-03-29", "2026-03-29T22:00:00+00:00"),
        ("2026-10-25", "2026-10-25T23:00:00+00:00"),
    ],
)
def test_day_ends_at_midnight_in_belgium(day: str, end: str) -> None:
    instant = end_of_brussels_day(parse_day(day))
    assert instant.isoformat() == end
    assert brussels_day(instant) == parse_day(day) + 1
    assert brussels_day(instant - timedelta(microseconds=1)) == parse_day(day)
