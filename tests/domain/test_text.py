"""Free texts."""

from __future__ import annotations

import pytest

from raas.domain.errors import Reason, Violation
from raas.domain.text import text_violations

EMPTY = Violation("name", Reason.VALUE_INVALID, "TEXT_EMPTY")
LONG = Violation("name", Reason.VALUE_INVALID, "TEXT_TOO_LONG", {"limit": "8"})
CONTROL = Violation("name", Reason.VALUE_INVALID, "CONTROL_CHARACTERS")


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
    ],
)
def test_everything_wrong_with_a_text_is_said_at_once(text, expected):
    assert text_violations("name", text, 8) == expected
