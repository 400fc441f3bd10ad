"""Months of billable usage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from raas.domain.billing import brussels_month, end_of_month, month_of, month_text, parse_month
from raas.domain.invalid import Invalid


def test_month_text_is_read_back() -> None:
    for text in ("0001-01", "2026-01", "2026-12", "9999-12"):
        assert month_text(parse_month(text)) == text
    assert parse_month("2026-12") + 1 == parse_month("2027-01") == month_of(2027, 1)


@pytest.mark.parametrize(
    "text", ["2026", "2026-1", "2026-00", "2026-13", "0000-01", "2026-01-01", " 2026-01"]
)
def test_other_texts_are_no_months(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_month(text)
    assert str(raised.value) == "MONTH_FORMAT"


def test_months_turn_at_midnight_in_brussels() -> None:
    summer, winter = datetime(2026, 6, 30, 22, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)
    for turn, text in ((summer, "2026-07"), (winter, "2027-01")):
        month = brussels_month(turn)
        assert month_text(month) == text
        assert brussels_month(turn - timedelta(microseconds=1)) == month - 1
        assert end_of_month(month - 1) == turn
    assert end_of_month(parse_month("9999-12")) > datetime(9999, 12, 31, tzinfo=UTC)
