"""Confronting what somebody believes about a person with what the authentic source knows.

Only verdicts leave, never a true value. Nor does the time taken tell one: every field is compared to the
end, against something made up where the source knows nothing, and no result of an earlier comparison is
reused (a name that was compared before would be quicker).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from typing import Any

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.names.spelling import comparable_forms, words
from raas.domain.persons.identity import Identity, IdentityClaim, Sex

CLAIM_FIELDS = tuple(field.name for field in fields(IdentityClaim))
"""The names of the fields of a claim, in their order; equal to those of the proto message."""

_UNKNOWN = (None, (), Sex.UNKNOWN)
_forms = comparable_forms.__wrapped__
_MADE_UP = Identity("Nemo", ("Nemo",), IncompleteDate(1, 1, 1), Sex.UNKNOWN)


class Verdict(Enum):
    """Whether a claimed field is what the source knows; names and values equal those of the proto enum."""

    MATCH = 1
    MISMATCH = 2
    NOT_COMPARED = 3


def confront(claim: IdentityClaim, identity: Identity) -> tuple[tuple[str, Verdict], ...]:
    """The verdict on every field that is claimed, in the order of CLAIM_FIELDS.

    Last names are equal when they share a form (names.py). Of the first names every one claimed must be
    one of those known, in any order; fewer may be claimed. Dates are equal when the parts that both sides
    know are. What the source does not know is NOT_COMPARED.
    """
    verdicts = []
    for name in CLAIM_FIELDS:
        claimed = getattr(claim, name)
        if claimed in _UNKNOWN:
            continue
        known = getattr(identity, name)
        is_known = known not in _UNKNOWN
        same = _SAME[name](claimed, known if is_known else getattr(_MADE_UP, name))
        verdict = Verdict.MATCH if same else Verdict.MISMATCH
        verdicts.append((name, verdict if is_known else Verdict.NOT_COMPARED))
    return tuple(verdicts)


def mismatches(claim: IdentityClaim, identity: Identity) -> tuple[str, ...]:
    """The names of the claimed fields that differ, in the order of CLAIM_FIELDS."""
    return tuple(name for name, verdict in confront(claim, identity) if verdict is Verdict.MISMATCH)


def _same_name(claimed: str, known: str) -> bool:
    return not _forms(claimed).isdisjoint(_forms(known))


def _same_first_names(claimed: Sequence[str], known: Sequence[str]) -> bool:
    free = [_forms(name) for name in known]
    found = []
    for name in claimed:
        forms = _forms(name)
        same = [index for index, candidate in enumerate(free) if not forms.isdisjoint(candidate)]
        found.append(bool(same))
        if same:
            del free[same[0]]
    # Jean-Pierre is one name for some and two for others.
    word_by_word = not Counter(words(" ".join(claimed))) - Counter(words(" ".join(known)))
    return all(found) or (word_by_word and bool(words(" ".join(claimed))))


def _same_date(claimed: IncompleteDate, known: IncompleteDate) -> bool:
    parts = zip(claimed, known, strict=True)
    differing = [one != other and one is not None and other is not None for one, other in parts]
    return not any(differing)


def _same_sex(claimed: Sex, known: Sex) -> bool:
    return claimed is known


_SAME: Mapping[str, Callable[[Any, Any], bool]] = {
    "last_name": _same_name,
    "first_names": _same_first_names,
    "birth_date": _same_date,
    "sex": _same_sex,
}
