"""The records of persons inside one transaction, with the changes that are not written yet.

All records that a transaction needs are loaded when it begins, while it excludes all other writers. From
then on they are read and changed here, without the store, so that the writers wait for a few statements
and not for a few per person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.usecases.ports.persons import NissStatus


class RecordCache:
    """The records of some persons: those loaded, changed by what was put and by new statuses."""

    def __init__(self, loaded: Mapping[Niss, Person]) -> None:
        self._records = dict(loaded)
        self._puts: list[Person] = []
        self._statuses: dict[Niss, NissStatus] = {}

    def person(self, niss: Niss) -> Person | None:
        """The record of a number; None = unknown."""
        return self._records.get(niss)

    def status(self, niss: Niss) -> NissStatus | None:
        """The status of a number; None = unknown."""
        person = self._records.get(niss)
        return None if person is None else _status_of(person)

    def united_in(self, niss: Niss) -> Mapping[Niss, NissStatus]:
        """The numbers of which this one is the final successor."""
        return {each: _status_of(p) for each, p in self._records.items() if p.successor == niss}

    def put(self, person: Person) -> None:
        """Keep a new or changed record to be written; a known number keeps its status."""
        self._puts.append(person)
        known = self._records.get(person.niss)
        self._records[person.niss] = person if known is None else _with_status(person, _status_of(known))

    def discard(self, niss: Niss) -> None:
        """Forget a new record that was put last."""
        assert self._puts[-1].niss == niss
        self._puts.pop()
        del self._records[niss]

    def set_status(self, niss: Niss, niss_status: NissStatus) -> None:
        """Give a known number another status."""
        self._statuses[niss] = niss_status
        self._records[niss] = _with_status(self._records[niss], niss_status)

    @property
    def changed_statuses(self) -> Mapping[Niss, NissStatus]:
        """The statuses to be written."""
        return self._statuses

    def take_puts(self) -> Iterator[Sequence[Person]]:
        """The records to be written, in order: each group in one statement, so no number twice in it."""
        group: dict[Niss, Person] = {}
        for person in self._puts:
            if person.niss in group:
                yield list(group.values())
                group = {}
            group[person.niss] = person
        if group:
            yield list(group.values())
        self._puts = []


def _with_status(person: Person, niss_status: NissStatus) -> Person:
    return replace(
        person,
        status=niss_status.status,
        replaced_by=niss_status.replaced_by,
        successor=niss_status.successor,
    )


def _status_of(person: Person) -> NissStatus:
    return NissStatus(person.status, person.replaced_by, person.successor)
