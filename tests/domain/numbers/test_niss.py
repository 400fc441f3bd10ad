"""The NISS: published vectors, generated numbers, and every cause of refusal."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.be import ssn

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.errors import Reason
from raas.domain.invalid import Invalid
from raas.domain.numbers.niss import NissProfile, birth_date, niss_text, parse_niss
from tests.oracle import numbers
from tests.vectors import niss_vectors, operations

TODAY = date(2026, 6, 15).toordinal()
PRODUCTION, TEST = NissProfile.PRODUCTION, NissProfile.TEST


def cause(text: str, profile: NissProfile = TEST, today: int = TODAY) -> str:
    """The sentence with which a text is refused, "" when it is accepted."""
    try:
        parse_niss(text, profile, today)
    except Invalid as invalid:
        return {Reason.NISS_MALFORMED: invalid.sentence}[invalid.reason]
    return ""


@pytest.mark.parametrize("text", niss_vectors()["valid"])
def test_valid_vectors_are_valid_under_both_profiles(text):
    for profile in NissProfile:
        assert niss_text(parse_niss(text, profile, TODAY)) == text


@pytest.mark.parametrize("text", niss_vectors()["invalid"])
def test_invalid_vectors_are_invalid_under_both_profiles(text):
    assert [bool(cause(text, profile)) for profile in NissProfile] == [True, True]


@pytest.mark.parametrize("text", niss_vectors()["test_profile_only"])
def test_fictitious_vectors_are_valid_under_the_test_profile_only(text):
    assert (cause(text, TEST), cause(text, PRODUCTION)) == ("", "NISS_FICTITIOUS")


def test_every_number_of_the_replay_is_valid_under_the_test_profile_only():
    texts = {row.niss for row in operations()}
    assert {cause(text, TEST) for text in texts} == {""}
    assert {cause(text, PRODUCTION) for text in texts} == {"NISS_FICTITIOUS"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "test",
        "8165000355",  # ten digits
        "816500035520",  # twelve
        "81.65.00-035.52",
        "81650003552 ",
        " 8165000355",
        "+8165000355",
        "8165000355a",
        "٨١٦٥٠٠٠٣٥٥٢",  # digits, but not ASCII
        "816500035²2",
        "81650003\n52",
    ],
)
def test_niss_is_exactly_eleven_ascii_digits(text):
    assert cause(text) == "NISS_FORMAT"


def test_wrong_check_digits_have_their_own_sentence():
    right = numbers.niss(1985, 67, 30, 33)
    assert cause(right) == ""
    # The other century's are 68 away, modulo 97.
    fitting = {int(right[9:]), int(numbers.niss(2085, 67, 30, 33)[9:])}
    causes = {check: cause(f"{right[:9]}{check:02d}") for check in range(100)}
    assert {check for check, sentence in causes.items() if sentence != "NISS_CHECK_DIGITS"} == fitting
    assert causes[int(numbers.niss(2085, 67, 30, 33)[9:])] == "NISS_FUTURE"


def test_remainder_zero_gives_check_digits_97():
    counter = next(c for c in range(1, 999) if numbers.niss(1985, 67, 30, c).endswith("97"))
    right = numbers.niss(1985, 67, 30, counter)
    assert (cause(right), cause(f"{right[:9]}00")) == ("", "NISS_CHECK_DIGITS")


@pytest.mark.parametrize("month_part", [13, 19, 33, 39, 53, 59, 73, 79, 80, 81, 92, 99])
def test_month_beyond_december_is_refused_in_every_series(month_part):
    assert cause(numbers.niss(1985, month_part, 1, 33)) == "NISS_MONTH"


@pytest.mark.parametrize("series", [0, 20, 40, 60])
@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(1981, 2, 29), (1900, 2, 29), (1985, 4, 31), (1985, 2, 30), (1985, 1, 32), (2001, 2, 29)],
)
def test_birth_date_that_does_not_exist_is_refused(series, year, month, day):
    assert cause(numbers.niss(year, series + month, day, 33)) == "NISS_BIRTH_DATE"


@pytest.mark.parametrize("series", [0, 20, 40, 60])
@pytest.mark.parametrize(
    ("year", "month", "day", "born"),
    [
        (1984, 2, 29, (1984, 2, 29)),
        (2000, 2, 29, (2000, 2, 29)),
        (1985, 7, 30, (1985, 7, 30)),
        (1981, 5, 0, (1981, 5, None)),  # day unknown
        (1981, 0, 0, (1981, None, None)),  # month and day unknown, or all counters of the day used
        (1910, 0, 1, (1910, None, None)),  # the day part counts on
        (1981, 0, 12, (1981, None, None)),
        (2024, 0, 32, (2024, None, None)),  # past 31
        (1981, 0, 99, (1981, None, None)),
        (1900, 0, 0, (1900, None, None)),
        (1900, 0, 1, (None, None, None)),  # nothing known
        (2000, 0, 1, (None, None, None)),
        (2000, 0, 2, (2000, None, None)),
    ],
)
def test_legally_incomplete_birth_date_is_accepted(series, year, month, day, born):
    niss = parse_niss(numbers.niss(year, series + month, day, 33), TEST, TODAY)
    assert birth_date(niss) == IncompleteDate(*born)


@pytest.mark.parametrize(
    ("series", "counter", "sentence"),
    [
        (0, 0, "NISS_COUNTER"),
        (0, 1, ""),
        (0, 998, ""),
        (0, 999, "NISS_COUNTER"),
        (20, 0, ""),
        (20, 999, ""),
        (40, 0, ""),
        (40, 999, ""),
        (60, 0, "NISS_COUNTER"),
        (60, 1, ""),
        (60, 998, ""),
        (60, 999, "NISS_COUNTER"),
    ],
)
def test_counter_range_depends_on_the_series(series, counter, sentence):
    assert cause(numbers.niss(1985, series + 7, 30, counter)) == sentence


@pytest.mark.parametrize(
    ("year", "month", "day", "sentence"),
    [
        (2026, 6, 15, ""),
        (2026, 6, 16, "NISS_FUTURE"),
        (2026, 6, 0, ""),
        (2026, 7, 0, "NISS_FUTURE"),
        (2026, 0, 0, ""),
        (2026, 0, 40, ""),
        (2027, 0, 0, "NISS_FUTURE"),
        (2099, 12, 31, "NISS_FUTURE"),
    ],
)
def test_future_birth_date_is_refused(year, month, day, sentence):
    assert cause(numbers.niss(year, 60 + month, day, 33)) == sentence


def test_number_is_valid_from_the_day_of_birth():
    text, born = numbers.niss(2026, 66, 16, 33), date(2026, 6, 16).toordinal()
    assert [cause(text, today=today) for today in (born - 1, born)] == ["NISS_FUTURE", ""]


@given(
    born=st.dates(date(1900, 1, 1), date(2026, 6, 15)),
    series=st.sampled_from([0, 20, 40, 60]),
    counter=st.integers(1, 998),
)
def test_check_digits_decide_the_century(born, series, counter):
    text = numbers.niss(born.year, series + born.month, born.day, counter)
    niss = parse_niss(text, TEST, TODAY)
    assert (niss_text(niss), birth_date(niss)) == (text, (born.year, born.month, born.day))
    assert birth_date(niss).earliest() == born.toordinal()


@given(
    year=st.integers(1900, 2026),
    month_part=st.integers(0, 79),
    day=st.integers(0, 99),
    counter=st.integers(0, 999),
)
def test_stdnum_accepts_every_number_accepted_in_production(year, month_part, day, counter):
    text = numbers.niss(year, month_part, day, counter)
    if not cause(text, PRODUCTION, date.today().toordinal()):
        assert ssn.is_valid(text)


def test_stdnum_alone_is_too_lenient():
    lenient = {text for text in niss_vectors()["invalid"] if ssn.is_valid(text)}
    assert {text: cause(text, PRODUCTION) for text in lenient} == {
        "81022903534": "NISS_BIRTH_DATE",
        "47060200096": "NISS_COUNTER",
        "99020299964": "NISS_COUNTER",
    }


def test_exception_does_not_contain_the_number():
    text = numbers.niss(1981, 62, 29, 33)
    with pytest.raises(Invalid) as caught:
        parse_niss(text, TEST, TODAY)
    assert text not in str(caught.value)
    assert text not in repr(caught.value.at("niss"))
