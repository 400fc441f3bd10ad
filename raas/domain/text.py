"""What every free text must satisfy before it is kept."""

from __future__ import annotations

import re

from raas.domain.errors import Reason, Violation

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def text_violations(field: str, text: str, limit: int) -> list[Violation]:
    """Everything wrong with a text that must say something in at most `limit` characters.

    VALUE_INVALID when it is empty or blank, longer than that, or holds control characters (line breaks
    and NUL among them): these would break logs, files and the canonical form of a mutation.
    """
    violations: list[Violation] = []
    if not text.strip():
        violations.append(Violation(field, Reason.VALUE_INVALID, "TEXT_EMPTY"))
    if len(text) > limit:
        violations.append(Violation(field, Reason.VALUE_INVALID, "TEXT_TOO_LONG", {"limit": str(limit)}))
    if _CONTROL.search(text):
        violations.append(Violation(field, Reason.VALUE_INVALID, "CONTROL_CHARACTERS"))
    return violations
