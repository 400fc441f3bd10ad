"""Days and numbers as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import typer

from raas.cli.terminal.days import (
    looks_belgian,
    parse_date_format,
    parse_day,
    parse_enterprise_number,
    parse_niss,
)
from raas.domain.calendar.day import brussels_day, day_text


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-03-01", "2024-03-01"),
        ("01/03/2024", "2024-03-01"),
        ("1.3.2024", "2024-03-01"),
        ("1-3-2024", "2024-03-01"),
        (" 2024-03-01 ", "2024-03-01"),
        ("soon", "soon"),
    ],
)
def test_day_is_understood_in_belgian_and_iso_form(written: str, day: str) -> None:
    assert parse_day(written) == day


@pytest.mark.parametrize("word", ["today", "TODAY", "vandaag", "aujourd'hui"])
def test_today_is_the_day_in_belgium(word: str) -> None:
    before = day_text(brussels_day(datetime.now(UTC)))
    assert before <= parse_day(word) <= day_text(brussels_day(datetime.now(UTC)))


def test_numbers_are_understood_with_separators() -> None:
    assert parse_niss("85.67.30-033.60") == "85673003360"
    assert parse_niss("85.67.30") == "85.67.30"
    assert parse_enterprise_number("0999.999.922") == "0999999922"
    assert parse_enterprise_number("BE 0999 999 922") == "0999999922"
    assert parse_enterprise_number("999") == "999"


@pytest.mark.parametrize("text", ["", "DD/MM", "DD/MM/YY", "DD/DD/YYYY", "%d/%m/%Y", "YYYYYYYYMMDD"])
def test_unclear_date_format_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="DD, MM and YYYY"):
        parse_date_format(text)


def test_belgian_days_are_recognized() -> None:
    assert looks_belgian("01/02/2024")
    assert not looks_belgian("2024-02-01")
