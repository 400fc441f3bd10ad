"""Ages in months of the calendar and days."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from raas.domain.calendar.age import MAX_DAYS, MAX_MONTHS, Age


@pytest.mark.parametrize(
    ("now", "age", "before"),
    [
        ("2026-11-24T05:06:07+00:00", Age(months=12), "2025-11-24T05:06:07+00:00"),
        ("2024-03-31T00:00:00+00:00", Age(months=1), "2024-02-29T00:00:00+00:00"),
        ("2024-02-29T00:00:00+00:00", Age(months=12), "2023-02-28T00:00:00+00:00"),
        ("2024-01-15T00:00:00+00:00", Age(months=1), "2023-12-15T00:00:00+00:00"),
        ("2024-01-01T00:30:00+01:00", Age(), "2023-12-31T23:30:00+00:00"),
        ("2024-03-01T10:00:00+00:00", Age(days=1), "2024-02-29T10:00:00+00:00"),
        ("2024-03-31T10:00:00+00:00", Age(months=1, days=29), "2024-01-31T10:00:00+00:00"),
    ],
)
def test_age_before_an_instant(now: str, age: Age, before: str):
    assert age.before(datetime.fromisoformat(now)) == datetime.fromisoformat(before)


def test_longest_age_is_accepted():
    assert Age(MAX_MONTHS, MAX_DAYS).before(datetime(2000, 1, 1, tzinfo=UTC)).year == 1800
