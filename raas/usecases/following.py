"""Following a replaced number to the one that stands for the person now."""

from __future__ import annotations

from collections.abc import Mapping

from raas.domain.niss import Niss
from raas.domain.person import PersonState


def final_niss(niss: Niss, persons: Mapping[Niss, PersonState]) -> Niss:
    """The final successor of a replaced number; any other number itself."""
    person = persons.get(niss)
    return niss if person is None or person.successor is None else person.successor
