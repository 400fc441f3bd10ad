"""Comparing a caller's claims about a person with the data of the authentic source.

The answer has verdicts only, never a true value, and its timing reveals none: every field is compared
completely, against a made-up value if the source has none, and no result of an earlier comparison is
reused (a cached name would be quicker).
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
    """Whether a claimed field equals that of the source; names and values equal those of the proto enum."""

    MATCH = 1
    MISMATCH = 2
    NOT_COMPARED = 3


def confront(claim: IdentityClaim, identity: Identity) -> tuple[tuple[str, Verdict], ...]:
    """The verdict on every field that is claimed, in the order of CLAIM_FIELDS.

    Last names are equal if they share a form (names/spelling.py). Every first name claimed must be among
    the known ones, in any order; fewer may be claimed. Dates are equal if all parts known on both sides are
    equal. A field that the source does not know is NOT_COMPARED.
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
    # Jean-Pierre may be stored as one name and claimed as two.
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
