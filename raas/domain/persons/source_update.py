"""Updating the record of a person with data from a source, field by field."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum

from raas.domain.persons.identity import Identity
from raas.domain.persons.record import Person
from raas.domain.persons.stored_identity import IDENTITY_FIELDS, with_fields


class GroupStatus(Enum):
    """The outcome for one field; names and values equal those of the proto enum."""

    ACCEPTED = 1
    UNCHANGED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class Updated:
    """The record after an update, and the outcome for each field given, in the order of Identity."""

    person: Person
    groups: tuple[tuple[str, GroupStatus], ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that changed."""
        return tuple(name for name, status in self.groups if status is GroupStatus.ACCEPTED)


def updated(person: Person, names: Collection[str], values: Identity, source_date: int | None) -> Updated:
    """The record with these fields taken from `values`, unless its own data are newer.

    A field is REFUSED if the record has data of a later date than `source_date` (a Day); data without a
    date are accepted. The date of a field never goes back.
    """
    groups = []
    dates = dict(person.source_dates)
    for name in IDENTITY_FIELDS:
        if name not in names:
            continue
        older = source_date is not None and source_date < dates.get(name, source_date)
        if getattr(person.identity, name) == getattr(values, name):
            groups.append((name, GroupStatus.UNCHANGED))
        elif older:
            groups.append((name, GroupStatus.REFUSED))
        else:
            groups.append((name, GroupStatus.ACCEPTED))
        if source_date is not None and not older:
            dates[name] = source_date
    taken = [name for name, status in groups if status is GroupStatus.ACCEPTED]
    identity = with_fields(person.identity, taken, values)
    return Updated(replace(person, identity=identity, source_dates=dates), tuple(groups))
