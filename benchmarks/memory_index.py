"""The index of the store, in memory: the search runs on it as on PostgreSQL."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence

from raas.domain.names.given_name_signature import given_signature
from raas.domain.names.phonetics import search_keys
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.search.birth_window import birth_code
from raas.domain.search.person_search import DayProbe, Probe
from raas.usecases.ports.persons import Findable


class MemoryIndex:
    """`Findables` over a list of identities; the number of a person is its place in the list."""

    def __init__(self, persons: Sequence[Identity]) -> None:
        self.persons_known = persons
        self.read = 0
        """The records read so far."""
        self._given = [given_signature(person.first_names) for person in persons]
        self._born: dict[int, list[int]] = {}
        entries: dict[str, list[tuple[int, int]]] = {}
        for number, person in enumerate(persons):
            assert person.last_name is not None
            assert person.birth_date is not None
            code = birth_code(person.birth_date)
            self._born.setdefault(code, []).append(number)
            for key in search_keys(person.last_name):
                entries.setdefault(key, []).append((code, number))
        self._entries = {key: sorted(numbers) for key, numbers in entries.items()}

    async def find(self, probe: Probe | DayProbe, limit: int) -> tuple[Sequence[Findable], bool]:
        """The persons whom the probe finds."""
        found = self._born_on(probe) if isinstance(probe, DayProbe) else self._under_keys(probe)
        if len(found) > limit:
            return (), True
        self.read += len(found)
        return [Findable(Niss(number), self.persons_known[number]) for number in found], False

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers."""
        origin = RegisterOfOrigin.BIS
        return {number: Person(number, origin, self.persons_known[number]) for number in nisses}

    def _born_on(self, probe: DayProbe) -> set[int]:
        return {
            number
            for code, given in probe.codes.items()
            for number in self._born.get(code, ())
            if self._shares(number, given)
        }

    def _under_keys(self, probe: Probe) -> set[int]:
        codes = probe.codes
        ranges = [(codes.first, codes.last), *((code, code) for code in codes.single)]
        found: set[int] = set()
        for key, given in probe.keys.items():
            entries = self._entries.get(key, [])
            for first, last in ranges:
                begin = bisect_left(entries, (first, 0))
                end = bisect_right(entries, (last, len(self.persons_known)))
                found.update(number for _, number in entries[begin:end] if self._shares(number, given))
        return found

    def _shares(self, number: int, given: int) -> bool:
        return not given or self._given[number] & given != 0
