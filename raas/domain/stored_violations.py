"""Violations in the form in which they are stored with the skipped rows of an import.

Version 1, as JSON; see docs/stored-forms.md:

    {"version": 1, "violations": [{"field": …, "reason": …, "sentence": …, "values": {…}}, …]}

`reason` is its name in the contract, `sentence` a key of domain/sentences. Earlier versions stored the bare
list of violations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from raas.domain.errors import Violation, reason_named

VERSION = 1


def violations_json(violations: Iterable[Violation]) -> dict[str, Any]:
    """The violations of one row as JSON values."""
    return {
        "version": VERSION,
        "violations": [
            {
                "field": violation.field,
                "reason": violation.reason.name,
                "sentence": violation.sentence,
                "values": dict(violation.values),
            }
            for violation in violations
        ],
    }


def violations_from_json(stored: Mapping[str, Any] | list[Mapping[str, Any]]) -> tuple[Violation, ...]:
    """The violations that were stored, by this version or an earlier one.

    A reason that this version does not know is VALUE_INVALID; a later version may add fields.
    """
    listed = stored if isinstance(stored, list) else stored["violations"]
    return tuple(
        Violation(each["field"], reason_named(each["reason"]), each["sentence"], each["values"])
        for each in listed
    )
