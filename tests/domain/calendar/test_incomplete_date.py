"""Birth dates with unknown parts."""

from __future__ import annotations

from datetime import date

import pytest

from raas.domain.calendar.incomplete_date import IncompleteDate, parse_incomplete_date
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid


@pytest.mark.parametrize(
    ("text", "known", "earliest"),
    [
        ("1968-06-14", (1968, 6, 14), date(1968, 6, 14)),
        ("1968-02-29", (1968, 2, 29), date(1968, 2, 29)),
        ("1968-06-00", (1968, 6, None), date(1968, 6, 1)),
        ("1968-00-00", (1968, None, None), date(1968, 1, 1)),
    ],
)
def test_unknown_parts_are_written_as_zeros(text, known, earliest):
    parsed = parse_incomplete_date(text)
    assert (parsed, parsed.earliest()) == (known, earliest.toordinal())


def test_unknown_date_has_no_earliest_day():
    assert IncompleteDate(None, None, None).earliest() is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "INCOMPLETE_DATE_FORMAT"),
        ("1968", "INCOMPLETE_DATE_FORMAT"),
        ("1968-6-14", "INCOMPLETE_DATE_FORMAT"),
        ("14/06/1968", "INCOMPLETE_DATE_FORMAT"),
        ("1968-00-14", "INCOMPLETE_DATE_FORMAT"),
        ("1968-06-14 ", "INCOMPLETE_DATE_FORMAT"),
        ("١٩٦٨-٠٦-١٤", "INCOMPLETE_DATE_FORMAT"),
        ("1967-02-29", "DAY_NOT_IN_CALENDAR"),
        ("1968-13-00", "DAY_NOT_IN_CALENDAR"),
        ("0000-00-00", "DAY_NOT_IN_CALENDAR"),
    ],
)
def test_other_forms_and_dates_are_refused(text, sentence):
    with pytest.raises(Invalid) as caught:
        parse_incomplete_date(text)
    assert caught.value.at("birth_date") == Violation("birth_date", Reason.VALUE_INVALID, sentence)
