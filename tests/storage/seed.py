"""Registers with a history, written row by row: for tests of queries on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.mutation import MutationKind
from raas.domain.registers.register import first_checksum
from raas.storage.rows.ranges import multirange_text
from tests.contract.book import (
    ACTOR,
    CALL_ID,
    FIRST_DAY,
    LAST_DAY,
    PARTNER,
    START,
    Entry,
    History,
    State,
    persons,
    random_lines,
    write_at_random,
)
from tests.oracle.numbers import enterprise_number

__all__ = [
    "ACTOR",
    "CALL_ID",
    "FIRST_DAY",
    "LAST_DAY",
    "PARTNER",
    "START",
    "Book",
    "Entry",
    "State",
    "insert_register",
    "new_book",
    "persons",
    "random_lines",
    "write_at_random",
]

_OWNERS = (EnterpriseNumber(int(enterprise_number(eight))) for eight in count(9_000_000))


@dataclass
class Book(History):
    """A register that is written with SQL."""

    engine: AsyncEngine = field(kw_only=True)

    async def new_type(self, code: str) -> int:
        """The id of a further dossier type."""
        async with self.engine.begin() as connection:
            values = {"register": self.id, "code": code, "partner": None}
            id_: int = (await connection.execute(_NEW_TYPE, values)).scalar_one()
            return id_

    async def trim(self, through: int) -> None:
        """Trim the mutations up to and including `through`."""
        async with self.engine.begin() as connection:
            await connection.execute(_TRIM, {"register": self.id, "through": through})
            await connection.execute(_OLDEST, {"register": self.id, "through": through})

    async def _write(
        self,
        added: Sequence[Entry],
        kind: MutationKind,
        codes: Sequence[str],
        detail: Mapping[str, Any] | None,
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
                "types": [self.types[code] for code in codes] or None,
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
_ADVANCE = text(
    "UPDATE register_head SET revision = :revision, record_time = :record_time WHERE register_id = :register"
)
_TRIM = text("DELETE FROM mutation WHERE register_id = :register AND revision <= :through")
_OLDEST = text("UPDATE register_head SET oldest_revision = :through WHERE register_id = :register")
_NEW_REGISTER = text("""
INSERT INTO register (enterprise_number, name, create_time)
VALUES (:number, 'Fictitious organisation', :start) RETURNING id""")
_NEW_HEAD = text("""
INSERT INTO register_head (register_id, checksum, record_time) VALUES (:register, :checksum, :start)""")
_NEW_TYPE = text("""
INSERT INTO dossier_type (register_id, code, identity_changes, partner)
VALUES (:register, :code, 3, :partner) RETURNING id""")


async def insert_register(
    connection: AsyncConnection, number: EnterpriseNumber, start: datetime | None = None
) -> int:
    """Insert a register without mutations, created at an instant or now; returns its id."""
    values: dict[str, Any] = {"number": number, "start": start or datetime.now(UTC)}
    id_: int = (await connection.execute(_NEW_REGISTER, values)).scalar_one()
    await connection.execute(_NEW_HEAD, {**values, "register": id_, "checksum": first_checksum(number)})
    return id_


async def new_book(engine: AsyncEngine, *codes: str) -> Book:
    """An empty register with these dossier types; the first one is kept for PARTNER."""
    number = next(_OWNERS)
    async with engine.begin() as connection:
        id_ = await insert_register(connection, number, START)
        types = {}
        for place, code in enumerate(codes):
            values = {"register": id_, "code": code, "partner": None if place else PARTNER}
            types[code] = (await connection.execute(_NEW_TYPE, values)).scalar_one()
    return Book(id_, number, types, engine=engine)
