"""The state of a number at the authentic source, as operations need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from raas.domain.numbers.niss import Niss


class PersonStatus(Enum):
    """The state of a number at the authentic source; values equal those of the proto enum."""

    ACTIVE = 1
    REPLACED = 2
    CANCELLED = 3


@dataclass(frozen=True, slots=True)
class PersonState:
    """The status of a number and, when replaced, its final successor.

    `born` (a Day: the earliest the birth can have been; None = not known) and `deceased` are those of
    the person, whichever of its numbers was asked. `version` is that of the record of the number, if the
    source has one: it grows with every change of the status.
    """

    status: PersonStatus
    successor: Niss | None = None
    born: int | None = None
    deceased: bool = False
    version: int = field(default=0, compare=False)
