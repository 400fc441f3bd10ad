"""Stored violations: the JSON of version 1, and the list that earlier versions stored."""

from __future__ import annotations

from raas.domain.errors import Reason, Violation
from raas.domain.stored_violations import violations_from_json, violations_json

VIOLATIONS = (
    Violation("period.end", Reason.PERIOD_INVALID, "DAY_LAST"),
    Violation("niss", Reason.NISS_REPLACED, values={"successor": "17670303353"}),
)
LISTED = [
    {"field": "period.end", "reason": "PERIOD_INVALID", "sentence": "DAY_LAST", "values": {}},
    {"field": "niss", "reason": "NISS_REPLACED", "sentence": "", "values": {"successor": "17670303353"}},
]


def test_version_1_keeps_its_json() -> None:
    assert violations_json(VIOLATIONS) == {"version": 1, "violations": LISTED}
    assert violations_from_json({"version": 1, "violations": LISTED}) == VIOLATIONS


def test_the_list_of_earlier_versions_is_read() -> None:
    assert violations_from_json(LISTED) == VIOLATIONS


def test_a_reason_of_a_later_version_is_read_as_value_invalid() -> None:
    (read,) = violations_from_json([{**LISTED[0], "reason": "ADDED_LATER"}])
    assert (read.field, read.reason) == ("period.end", Reason.VALUE_INVALID)
