"""Registers with a history, and the same history replayed by brute force as the oracle of reads."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from raas.domain.calendar.age import Age
from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Lines, Period, normalise
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.mutation import MutationKind, Stamp, lines_text
from raas.usecases.ports.write_store import LoadRequest, NewMutation, WriteSet
from tests.contract.stores import Stores
from tests.oracle.numbers import enterprise_number, niss

ACTOR = EnterpriseNumber(int(enterprise_number(9999999)))
CALLER = enterprise_number_text(ACTOR)
CALL_ID = UUID("00000000-0000-4000-8000-000000000001")
START = datetime(2024, 1, 1, tzinfo=UTC)
PARTNER = EnterpriseNumber(int(enterprise_number(9999998)))

FIRST_DAY, LAST_DAY = date(2020, 1, 1).toordinal(), date(2024, 12, 31).toordinal()

_OWNERS = (EnterpriseNumber(int(enterprise_number(eight))) for eight in count(5_000_000))

State = Mapping[tuple[Niss, str], tuple[Lines, int]]
"""(niss, code) to lines and revision; dossiers without lines are not in it."""


def persons(number: int) -> list[Niss]:
    """Fictitious persons, in order of their numbers."""
    return sorted(Niss(int(niss(1950 + i // 300, 61, 1 + i % 28, 1 + i % 300))) for i in range(number))


@dataclass(frozen=True, slots=True)
class Entry:
    """A mutation as written."""

    revision: int
    previous: int
    niss: Niss | None
    code: str | None
    before: Lines
    after: Lines
    record_time: datetime


@dataclass
class History(ABC):
    """One register and everything written to it; a subclass says how it is written."""

    id: int
    number: EnterpriseNumber
    types: dict[str, int]
    entries: list[Entry] = field(default_factory=list)
    record_time: datetime = START

    @property
    def revision(self) -> int:
        return len(self.entries)

    def state_at(self, revision: int) -> State:
        """The register at a revision, by replaying its mutations."""
        state: dict[tuple[Niss, str], tuple[Lines, int]] = {}
        for entry in self.entries[:revision]:
            if entry.niss is not None and entry.code is not None:
                state[entry.niss, entry.code] = entry.after, entry.revision
        return {key: kept for key, kept in sorted(state.items()) if kept[0]}

    async def set(self, *changes: tuple[Niss, str, Lines]) -> None:
        """Give dossiers these lines, one mutation each, in one transaction a second after the last."""
        self.record_time += timedelta(seconds=1)
        current = {(e.niss, e.code): e for e in self.entries}
        added: list[Entry] = []
        for who, code, after in changes:
            last = current.get((who, code))
            entry = Entry(
                self.revision + len(added) + 1,
                last.revision if last else 0,
                who,
                code,
                last.after if last else (),
                after,
                self.record_time,
            )
            current[who, code] = entry
            added.append(entry)
        await self._write(added, MutationKind.INSCRIBED, (), None)
        self.entries.extend(added)

    async def replace(self, old: Niss, new: Niss, code: str) -> None:
        """The pair of mutations by which a number without other dossiers takes over one of another number."""
        self.record_time += timedelta(seconds=1)
        last = next(e for e in reversed(self.entries) if (e.niss, e.code) == (old, code))
        first = self.revision + 1
        added = [
            Entry(first, last.revision, old, code, last.after, (), self.record_time),
            Entry(first + 1, 0, new, code, (), last.after, self.record_time),
        ]
        detail = {"replaced_niss": niss_text(old), "successor_niss": niss_text(new)}
        await self._write(added, MutationKind.NISS_REPLACED, (), detail)
        self.entries.extend(added)

    async def about(
        self, who: Niss | None, kind: MutationKind, codes: Sequence[str] = (), **detail: Any
    ) -> None:
        """A mutation that changes no dossier."""
        self.record_time += timedelta(seconds=1)
        entry = Entry(self.revision + 1, 0, who, None, (), (), self.record_time)
        await self._write([entry], kind, codes, detail)
        self.entries.append(entry)

    @abstractmethod
    async def _write(
        self,
        added: Sequence[Entry],
        kind: MutationKind,
        codes: Sequence[str],
        detail: Mapping[str, Any] | None,
    ) -> None:
        """Write these mutations in one transaction."""


@dataclass
class Book(History):
    """A register that is written through the ports."""

    stores: Stores = field(kw_only=True)

    async def new_type(
        self, code: str, partner: EnterpriseNumber | None = None, keep_after_end: Age | None = None
    ) -> None:
        """A further dossier type, or a changed one, which costs no revision."""
        types = {code: DossierType(code, {}, partner=partner, keep_after_end=keep_after_end)}
        await self._commit(WriteSet([], {}, 0, self.record_time, b"", 0, types))
        self.types[code] = (await self.stores.writes.dossier_types(self.id)).by_code[code][0]

    async def trim(self, through: int) -> int:
        """Trim up to the end of the group that a revision is in; answers that end, the new beginning."""
        together = self.entries[through - 1].record_time
        end = max(entry.revision for entry in self.entries if entry.record_time == together)
        assert (await self.stores.trims.step(self.id, end, self.revision, None)).oldest_revision == end
        return end

    async def _write(
        self,
        added: Sequence[Entry],
        kind: MutationKind,
        codes: Sequence[str],
        detail: Mapping[str, Any] | None,
    ) -> None:
        stamp = Stamp(ACTOR, CALL_ID, application="urn:app", on_behalf_of=ACTOR)
        mutations = [
            NewMutation(
                entry.revision,
                added[-1].revision,
                entry.previous,
                kind,
                entry.niss,
                None,
                self.types[entry.code] if entry.code else None,
                lines_text(entry.before),
                lines_text(entry.after),
                stamp,
                detail,
                tuple(codes),
                checksum=checksum_of(entry.revision),
            )
            for entry in added
        ]
        dossiers = {
            (m.niss, m.dossier_type_id): (m.after, m.revision)
            for m in mutations
            if m.niss is not None and m.dossier_type_id is not None
        }
        last = mutations[-1].checksum
        known = (await self.stores.writes.dossier_types(self.id)).by_code
        types = {code: known[code][1] for code in codes}
        await self._commit(WriteSet(mutations, dossiers, 0, self.record_time, last, 0, types))

    async def _commit(self, written: WriteSet) -> None:
        async with self.stores.writes.write(self.id, LoadRequest()) as transaction:
            await transaction.write(written)
            await transaction.commit()


def checksum_of(revision: int) -> bytes:
    """A checksum for tests that compare none: the revision."""
    return revision.to_bytes(32, "big")


async def new_book(stores: Stores, *codes: str) -> Book:
    """An empty register with these dossier types; the first one is kept for PARTNER."""
    number = next(_OWNERS)
    register = await stores.registers.create(number, "Fictitious organisation")
    book = Book(register.id, number, {}, stores=stores)
    for place, code in enumerate(codes):
        await book.new_type(code, None if place else PARTNER)
    return book


def random_lines(chance: random.Random) -> Lines:
    """Up to four lines in 2020 to 2024, sometimes open, sometimes none."""
    days = sorted(chance.sample(range(FIRST_DAY, LAST_DAY), 2 * chance.randint(0, 4)))
    lines = [Period(begin, end) for begin, end in zip(days[::2], days[1::2], strict=True)]
    if lines and chance.random() < 0.3:
        lines[-1] = Period(lines[-1].begin, OPEN)
    return normalise(lines)


async def write_at_random(book: History, who: Sequence[Niss], mutations: int, seed: int) -> None:
    """So many mutations of these persons' dossiers, in transactions of one to ten."""
    chance = random.Random(seed)
    codes = list(book.types)
    while book.revision < mutations:
        size = min(chance.randint(1, 10), mutations - book.revision)
        await book.set(
            *((chance.choice(who), chance.choice(codes), random_lines(chance)) for _ in range(size))
        )
