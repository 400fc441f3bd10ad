"""The rules for free texts."""

from __future__ import annotations

import pytest

from raas.domain.errors import Reason, Violation
from raas.domain.text import has_letter, text_violations

EMPTY = Violation("name", Reason.VALUE_INVALID, "TEXT_EMPTY")
LONG = Violation("name", Reason.VALUE_INVALID, "TEXT_TOO_LONG", {"limit": "8"})
CONTROL = Violation("name", Reason.VALUE_INVALID, "CONTROL_CHARACTERS")
INVISIBLE = Violation("name", Reason.VALUE_INVALID, "INVISIBLE_CHARACTERS")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Région", []),
        ("12345678", []),
        ("1234 & é", []),
        ("", [EMPTY]),
        ("   ", [EMPTY]),
        ("123456789", [LONG]),
        ("one\ntwo", [CONTROL]),
        ("one\x00two", [CONTROL]),
        ("one\x7ftwo", [CONTROL]),
        ("one\x9ftwo", [CONTROL]),
        ("\t" * 9, [EMPTY, LONG, CONTROL]),
        ("one\u2028two", [INVISIBLE]),
        ("one\u2029two", [INVISIBLE]),
        ("\u202eowt", [INVISIBLE]),
        ("\u2066a\u2069", [INVISIBLE]),
        ("a\u200fb", [INVISIBLE]),
        ("a\u200bb", [INVISIBLE]),
        ("\ufeffab", [INVISIBLE]),
        ("a\U000e0041", [INVISIBLE]),
        ("a\n\u2028", [CONTROL, INVISIBLE]),
        ("\u06a9\u200c\u0647", []),
        ("عبد الله", []),
        ("王小明", []),
    ],
)
def test_text_violations_lists_everything_that_is_wrong(text, expected):
    assert text_violations("name", text, 8) == expected


@pytest.mark.parametrize("text", ["é", "1a", "O’", "王", "ع", "ß"])
def test_letter_of_any_script_is_found(text):
    assert has_letter(text)


@pytest.mark.parametrize("text", ["", "12-3", "…", "٣", "\u0301", "🙂"])
def test_digits_and_signs_are_not_letters(text):
    assert not has_letter(text)
