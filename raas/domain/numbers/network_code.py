"""The older codes of the network for sectors and institutions."""

from __future__ import annotations

from collections.abc import Sequence

from raas.domain.errors import Reason, Violation

LARGEST_CODE = 999


def network_code_violations(field: str, code: int | None) -> Sequence[Violation]:
    """VALUE_INVALID for a code that is given and not 0 to 999."""
    if code is None or 0 <= code <= LARGEST_CODE:
        return ()
    limits = {"minimum": "0", "maximum": str(LARGEST_CODE)}
    return (Violation(field, Reason.VALUE_INVALID, "OUT_OF_RANGE", limits),)
