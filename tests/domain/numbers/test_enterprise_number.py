"""The enterprise number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.errors import Reason
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import enterprise_number_text, parse_enterprise_number
from tests.oracle import numbers
from tests.vectors import niss_vectors

VECTORS = niss_vectors()["enterprise_numbers"]


def cause(text: str) -> str:
    """The sentence with which a text is refused, "" when it is accepted."""
    try:
        parse_enterprise_number(text)
    except Invalid as invalid:
        return {Reason.ENTERPRISE_NUMBER_MALFORMED: invalid.sentence}[invalid.reason]
    return ""


@pytest.mark.parametrize("text", VECTORS["valid"])
def test_valid_vectors(text):
    assert enterprise_number_text(parse_enterprise_number(text)) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("test", "ENTERPRISE_NUMBER_FORMAT"),
        ("54321", "ENTERPRISE_NUMBER_FORMAT"),
        ("20000000032", "ENTERPRISE_NUMBER_FORMAT"),
        ("2111111111", "ENTERPRISE_NUMBER_FIRST_DIGIT"),
        ("0884303370", "ENTERPRISE_NUMBER_CHECK_DIGITS"),
    ],
)
def test_invalid_vectors_with_their_cause(text, sentence):
    assert text in VECTORS["invalid"]
    assert cause(text) == sentence


@pytest.mark.parametrize(
    "text", ["", "0999.999.922", "BE0999999922", "0999999922 ", "-999999922", "٠٩٩٩٩٩٩٩٢٢", "999999922"]
)
def test_enterprise_number_is_exactly_ten_ascii_digits(text):
    assert cause(text) == "ENTERPRISE_NUMBER_FORMAT"


@given(eight=st.integers(0, 19_999_999))
def test_enterprise_number_begins_with_0_or_1(eight):
    text = numbers.enterprise_number(eight)
    assert enterprise_number_text(parse_enterprise_number(text)) == text


@given(eight=st.integers(20_000_000, 99_999_999))
def test_business_unit_number_is_refused(eight):
    assert cause(numbers.enterprise_number(eight)) == "ENTERPRISE_NUMBER_FIRST_DIGIT"


@given(eight=st.integers(0, 19_999_999), check=st.integers(0, 99))
def test_exactly_one_pair_of_check_digits_is_valid(eight, check):
    text = f"{eight:08d}{check:02d}"
    assert (cause(text) == "") == (text == numbers.enterprise_number(eight))
