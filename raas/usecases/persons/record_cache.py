"""Persons as an alteration knows them: read once, its own changes included, written when it must be.

A feed changes many persons in one transaction, during which no write lane runs. What it will ask of them
one by one is read for all of them at once (`foresee`), and what it writes is kept back until somebody
would miss it: so the lanes wait for a few questions, not for a few per person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.persons.status import PersonStatus
from raas.usecases.ports.person_change import NissStatus, PersonWriteTransaction

ACTIVE = NissStatus(PersonStatus.ACTIVE)


class RecordCache:
    """Records and standings inside one alteration."""

    def __init__(self, change: PersonWriteTransaction) -> None:
        self._change = change
        self.changed: dict[Niss, NissStatus] = {}
        """The standings that the alteration gives."""
        self._foreseen: set[Niss] = set()
        self._records: dict[Niss, Person] = {}
        self._standings: dict[Niss, NissStatus] = {}
        self._united: dict[Niss, NissStatus] = {}
        self._unwritten: dict[Niss, Person] = {}

    async def foresee(self, nisses: Collection[Niss]) -> None:
        """Read at once what will be asked of these numbers."""
        asked = sorted(nisses)
        self._records.update(await self._change.records.persons(asked))
        self._standings.update(await self._change.niss_statuses(asked))
        self._united.update(await self._change.united(asked))
        self._foreseen.update(asked)

    def foresaw(self, nisses: Collection[Niss]) -> bool:
        """Whether all of these numbers were foreseen."""
        return self._foreseen.issuperset(nisses)

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers as they now are."""
        if not self._unwritten.keys().isdisjoint(nisses):
            await self.write()
        if self.foresaw(nisses):
            found = {niss: self._records[niss] for niss in nisses if niss in self._records}
        else:
            found = dict(await self._change.records.persons(nisses))
        for niss in found.keys() & self.changed.keys():
            now = self.changed[niss]
            found[niss] = replace(
                found[niss], status=now.status, replaced_by=now.replaced_by, successor=now.successor
            )
        return found

    async def put(self, persons: Sequence[Person]) -> None:
        """Write records, new or changed: in time, not at once."""
        for person in persons:
            if person.niss in self._unwritten:
                await self.write()
            self._unwritten[person.niss] = person
            if person.niss in self._foreseen:
                self._standings.setdefault(person.niss, ACTIVE)

    async def write(self) -> None:
        """Write what was kept back; how it was written down is asked anew."""
        if self._unwritten:
            await self._change.records.put(list(self._unwritten.values()))
            self._foreseen.difference_update(self._unwritten)
            self._unwritten.clear()

    async def statuses_of(self, *nisses: Niss) -> list[NissStatus | None]:
        """The standings of these numbers as they now are; None = unknown."""
        known = {**self._standings, **self.changed}
        unread = [niss for niss in nisses if niss not in self._foreseen and niss not in self.changed]
        if unread:
            await self.write()
            known.update(await self._change.niss_statuses(unread))
        return [known.get(niss) for niss in nisses]

    async def united_in(self, niss: Niss) -> Mapping[Niss, NissStatus]:
        """The numbers whose final successor this now is."""
        before = self._united if niss in self._foreseen else await self._change.united([niss])
        united = {**before, **self.changed}
        return {each: niss_status for each, niss_status in united.items() if niss_status.successor == niss}
