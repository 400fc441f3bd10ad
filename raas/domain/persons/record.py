"""The record of one identification number at the authentic source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.domain.persons.status import PersonState, PersonStatus


class RegisterOfOrigin(Enum):
    """The register a number belongs to; names and values equal those of the proto enum."""

    NATIONAL_REGISTER = 1
    RAD = 2
    BIS = 3


@dataclass(frozen=True, slots=True)
class Person:
    """The record of one number: each number of a person keeps its own.

    `replaced_by` is the direct and `successor` the final successor of a REPLACED number. `version` counts
    the changes of the record from 1 (0 = not stored yet). `source_dates` has, by name of a field of the
    identity, the Day of the source data from which it was taken, if the source dated them.
    """

    niss: Niss
    register_of_origin: RegisterOfOrigin
    identity: Identity
    status: PersonStatus = PersonStatus.ACTIVE
    replaced_by: Niss | None = None
    successor: Niss | None = None
    version: int = 0
    update_time: datetime | None = None
    source_dates: Mapping[str, int] = field(default_factory=dict)

    @property
    def source_date(self) -> int | None:
        """The day of the newest source data; None if none were dated."""
        return max(self.source_dates.values(), default=None)

    def state(self) -> PersonState:
        """The state of the number, from this record alone."""
        return person_state(self.status, self.successor, self.identity)


def person_state(status: PersonStatus, successor: Niss | None, identity: Identity) -> PersonState:
    """The state of a number whose person has this identity."""
    born = identity.birth_date.earliest() if identity.birth_date else None
    return PersonState(status, successor, born, identity.death_date is not None)
