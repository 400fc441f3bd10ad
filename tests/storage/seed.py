"""Registers with a history, written row by row and replayed by brute force: what reading is held to."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Lines, Period, normalise
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import MutationKind
from raas.domain.registers.register import first_checksum
from raas.storage.rows.ranges import multirange_text
from tests.oracle.numbers import enterprise_number, niss

ACTOR = EnterpriseNumber(int(enterprise_number(9999999)))
CALL_ID = UUID("00000000-0000-4000-8000-000000000001")
START = datetime(2024, 1, 1, tzinfo=UTC)
PARTNER = EnterpriseNumber(int(enterprise_number(9999998)))

_OWNERS = (EnterpriseNumber(int(enterprise_number(eight))) for eight in count(9_000_000))

FIRST_DAY, LAST_DAY = date(2020, 1, 1).toordinal(), date(2024, 12, 31).toordinal()

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
class Book:
    """One register and everything written to it."""

    engine: AsyncEngine
    id: int
    number: EnterpriseNumber
    types: Mapping[str, int]
    entries: list[Entry] = field(default_factory=list)
    record_time: datetime = START

    @property
    def revision(self) -> int:
        return len(self.entries)

    def state_at(self, revision: int) -> State:
        """The register as it stood, by replaying its mutations."""
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
        await self._write(added)

    async def about(
        self, who: Niss | None, kind: MutationKind, codes: Sequence[str] = (), **detail: Any
    ) -> None:
        """A mutation that changes no dossier."""
        self.record_time += timedelta(seconds=1)
        entry = Entry(self.revision + 1, 0, who, None, (), (), self.record_time)
        await self._write([entry], kind, [self.types[code] for code in codes], detail)

    async def new_type(self, code: str) -> int:
        """The id of a further dossier type."""
        async with self.engine.begin() as connection:
            values = {"register": self.id, "code": code, "partner": None}
            id_: int = (await connection.execute(_NEW_TYPE, values)).scalar_one()
            return id_

    async def trim(self, through: int) -> None:
        """Forget the mutations up to and including `through`."""
        async with self.engine.begin() as connection:
            await connection.execute(_TRIM, {"register": self.id, "through": through})
            await connection.execute(_OLDEST, {"register": self.id, "through": through})

    async def _write(
        self,
        added: Sequence[Entry],
        kind: MutationKind = MutationKind.INSCRIBED,
        type_ids: Sequence[int] = (),
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        rows = [
            {
                "register": self.id,
                "revision": entry.revision,
                "last": added[-1].revision,
                "previous": entry.previous,
                "kind": kind.value,
                "niss": entry.niss,
                "type": self.types[entry.code] if entry.code else None,
                "types": list(type_ids) or None,
                "before": multirange_text(entry.before),
                "after": multirange_text(entry.after),
                "record_time": entry.record_time,
                "actor": ACTOR,
                "call_id": CALL_ID,
                "detail": json.dumps(detail) if detail else None,
            }
            for entry in added
        ]
        async with self.engine.begin() as connection:
            await connection.execute(_LOG, rows)
            dossiers = [row for row in rows if row["type"] is not None]
            if dossiers:
                await connection.execute(_KEEP, dossiers)
            await connection.execute(_ADVANCE, rows[-1])
        self.entries.extend(added)


_LOG = text("""
INSERT INTO mutation (register_id, revision, batch_last_revision, previous_revision, kind, niss,
                      dossier_type_id, dossier_type_ids, before, after, record_time, actor, call_id,
                      checksum, detail)
VALUES (:register, :revision, :last, :previous, :kind, :niss, :type, :types, CAST(:before AS datemultirange),
        CAST(:after AS datemultirange), :record_time, :actor, :call_id, '', CAST(:detail AS jsonb))""")
_KEEP = text("""
INSERT INTO dossier (register_id, niss, dossier_type_id, periods, revision)
VALUES (:register, :niss, :type, CAST(:after AS datemultirange), :revision)
ON CONFLICT (register_id, niss, dossier_type_id)
DO UPDATE SET periods = excluded.periods, revision = excluded.revision""")
_ADVANCE = text("UPDATE register SET revision = :revision, record_time = :record_time WHERE id = :register")
_TRIM = text("DELETE FROM mutation WHERE register_id = :register AND revision <= :through")
_OLDEST = text("UPDATE register SET oldest_revision = :through WHERE id = :register")
_NEW_REGISTER = text("""
INSERT INTO register (enterprise_number, name, checksum, record_time, create_time)
VALUES (:number, 'Fictitious organisation', :checksum, :start, :start) RETURNING id""")
_NEW_TYPE = text("""
INSERT INTO dossier_type (register_id, code, identity_changes, partner)
VALUES (:register, :code, 3, :partner) RETURNING id""")


async def new_book(engine: AsyncEngine, *codes: str) -> Book:
    """An empty register with these dossier types; the first one is kept for PARTNER."""
    number = next(_OWNERS)
    async with engine.begin() as connection:
        values: dict[str, Any] = {"number": number, "checksum": first_checksum(number), "start": START}
        id_ = (await connection.execute(_NEW_REGISTER, values)).scalar_one()
        types = {}
        for place, code in enumerate(codes):
            values = {"register": id_, "code": code, "partner": None if place else PARTNER}
            types[code] = (await connection.execute(_NEW_TYPE, values)).scalar_one()
    return Book(engine, id_, number, types)


def random_lines(chance: random.Random) -> Lines:
    """Up to four lines in 2020 to 2024, sometimes open, sometimes none."""
    days = sorted(chance.sample(range(FIRST_DAY, LAST_DAY), 2 * chance.randint(0, 4)))
    lines = [Period(begin, end) for begin, end in zip(days[::2], days[1::2], strict=True)]
    if lines and chance.random() < 0.3:
        lines[-1] = Period(lines[-1].begin, OPEN)
    return normalise(lines)


async def write_at_random(book: Book, who: Sequence[Niss], mutations: int, seed: int) -> None:
    """So many mutations of these persons' dossiers, in transactions of one to ten."""
    chance = random.Random(seed)
    codes = list(book.types)
    while book.revision < mutations:
        size = min(chance.randint(1, 10), mutations - book.revision)
        await book.set(
            *((chance.choice(who), chance.choice(codes), random_lines(chance)) for _ in range(size))
        )
