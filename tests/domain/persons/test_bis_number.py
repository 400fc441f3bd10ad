"""BIS numbers in the order in which they are given out."""

from __future__ import annotations

from itertools import islice

import pytest

from raas.domain.calendar.day import parse_day
from raas.domain.calendar.incomplete_date import IncompleteDate, parse_incomplete_date
from raas.domain.numbers.niss import Niss, NissProfile, birth_date, niss_text, parse_niss
from raas.domain.persons.bis_number import bis_numbers
from raas.domain.persons.identity import Sex
from tests.oracle import numbers

TODAY = parse_day("2026-11-24")
TEST, PRODUCTION = NissProfile.TEST, NissProfile.PRODUCTION


def texts(born: str, sex: Sex | None, profile: NissProfile = PRODUCTION) -> list[str]:
    return [niss_text(niss) for niss in bis_numbers(parse_incomplete_date(born), sex, profile)]


@pytest.mark.parametrize(
    ("born", "sex", "profile", "month", "day", "counters"),
    [
        ("1968-06-14", Sex.MALE, PRODUCTION, 46, 14, (1, 3)),
        ("1968-06-14", Sex.FEMALE, PRODUCTION, 46, 14, (2, 4)),
        ("1968-06-14", None, PRODUCTION, 26, 14, (1, 2)),
        ("1968-06-14", Sex.UNKNOWN, PRODUCTION, 26, 14, (1, 2)),
        ("1968-06-14", Sex.FEMALE, TEST, 66, 14, (2, 4)),
        ("1968-06-14", None, TEST, 66, 14, (1, 2)),
        ("2004-06-00", Sex.MALE, PRODUCTION, 46, 0, (1, 3)),
        ("2004-00-00", Sex.MALE, PRODUCTION, 40, 0, (1, 3)),
        ("2004-00-00", Sex.MALE, TEST, 60, 0, (1, 3)),
    ],
)
def test_first_numbers_of_a_birth_date(
    born: str, sex: Sex | None, profile: NissProfile, month: int, day: int, counters: tuple[int, int]
):
    year = int(born[:4])
    assert texts(born, sex, profile)[:2] == [numbers.niss(year, month, day, c) for c in counters]


@pytest.mark.parametrize("profile", [TEST, PRODUCTION])
@pytest.mark.parametrize("born", ["1968-06-14", "1900-06-00", "2000-00-00", "2024-02-29"])
@pytest.mark.parametrize("sex", [*Sex, None])
def test_numbers_are_valid_and_distinct(born: str, sex: Sex | None, profile: NissProfile):
    found = texts(born, sex, profile)
    assert len(set(found)) == len(found) > 40_000
    for text in found[::37]:
        parse_niss(text, profile, TODAY)


def test_exhausted_day_continues_under_month_and_day_zero():
    found = texts("1968-06-14", Sex.FEMALE)
    assert found[498] == numbers.niss(1968, 46, 14, 998)
    assert found[499] == numbers.niss(1968, 40, 0, 2)
    assert found[2 * 499] == numbers.niss(1968, 40, 1, 2)
    assert found[-1] == numbers.niss(1968, 40, 99, 998)


@pytest.mark.parametrize("year", [1900, 2000])
def test_numbers_for_completely_unknown_dates_are_skipped(year: int):
    unknown = IncompleteDate(None, None, None)
    found = texts(f"{year}-06-14", Sex.MALE)
    assert unknown not in {birth_date(Niss(int(text))) for text in found}


@pytest.mark.parametrize("born", [IncompleteDate(None, None, None), IncompleteDate(1899, 1, 1)])
def test_year_outside_the_range_raises_value_error(born: IncompleteDate):
    with pytest.raises(ValueError, match="year of birth"):
        list(islice(bis_numbers(born, None, PRODUCTION), 1))
