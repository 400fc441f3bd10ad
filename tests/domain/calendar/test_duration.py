"""Durations as ISO 8601 writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.age import MAX_DAYS, MAX_MONTHS, Age
from raas.domain.calendar.day import day_text, parse_day
from raas.domain.calendar.duration import day_before, duration_text, parse_duration
from raas.domain.invalid import Invalid


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("P10Y", Age(months=120)),
        ("P1Y6M", Age(months=18)),
        ("P18M", Age(months=18)),
        ("P90D", Age(days=90)),
        ("P100Y", Age(months=1_200)),
        ("P36500D", Age(days=36_500)),
    ],
)
def test_duration_in_calendar_units_is_read(text: str, age: Age) -> None:
    assert parse_duration(text) == age


@pytest.mark.parametrize(
    "text",
    ["", "P", "P0D", "P0Y0M", "10Y", "p10y", "P1Y1D", "P1W", "PT1H", "P-1Y", "P101Y", "P36501D", "P١Y"],
)
def test_text_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_duration(text)
    assert raised.value.sentence == "DURATION_FORMAT"


AGES = st.builds(Age, months=st.integers(1, MAX_MONTHS)) | st.builds(Age, days=st.integers(1, MAX_DAYS))


@given(AGES)
def test_text_of_a_duration_is_read_as_the_same_duration(age: Age) -> None:
    text = duration_text(age)
    assert parse_duration(text) == age
    assert duration_text(parse_duration(text)) == text


@pytest.mark.parametrize(
    ("today", "text", "day"),
    [
        ("2026-11-30", "P10Y", "2016-11-30"),
        ("2024-02-29", "P1Y", "2023-02-28"),
        ("2026-03-31", "P1M", "2026-02-28"),
        ("2026-11-30", "P30D", "2026-10-31"),
    ],
)
def test_day_before_today_is_in_the_calendar(today: str, text: str, day: str) -> None:
    assert day_text(day_before(parse_day(today), parse_duration(text))) == day
