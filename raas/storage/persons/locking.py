"""Locking for a change of persons, and loading all that the change needs, in two round trips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.storage.connection.lease import Connection
from raas.storage.persons.rows import PERSON_COLUMNS, person_of
from raas.storage.rows.arrays import array
from raas.storage.rows.dossier_types import read_dossier_types_of
from raas.storage.writes.load import PERSONS_LOCK, dossier_shares, dossier_states
from raas.usecases.ports.persons import LockedRegister
from raas.usecases.ports.write_store import DossierTypes, LoadedState

# Every write of a register holds this lock in shared mode: once it is granted, none is under way.
_LOCK = f"SELECT pg_advisory_xact_lock({PERSONS_LOCK})"

# Each number is looked up by itself (LATERAL, OFFSET 0): no plan can turn this into reading all persons.
_READ_UNITED = f"""
WITH final AS MATERIALIZED (
  SELECT DISTINCT coalesce(p.successor, asked.niss) AS niss
  FROM unnest(%s::bigint[]) AS asked (niss)
  LEFT JOIN LATERAL (SELECT successor FROM person WHERE niss = asked.niss OFFSET 0) p ON true)
SELECT {PERSON_COLUMNS} FROM final CROSS JOIN LATERAL (
  SELECT * FROM person WHERE niss = final.niss OFFSET 0) p
UNION ALL
SELECT {PERSON_COLUMNS} FROM final CROSS JOIN LATERAL (
  SELECT * FROM person WHERE successor = final.niss OFFSET 0) p"""

_LOCK_REGISTERS = """
SELECT r.id, r.enterprise_number, h.log_id, h.revision, h.checksum, h.types_revision, h.record_time
FROM register_head h JOIN register r ON r.id = h.register_id
WHERE h.register_id IN (SELECT register_id FROM dossier WHERE niss = ANY(%s::bigint[]))
ORDER BY h.register_id FOR NO KEY UPDATE OF h"""

# After all locks were granted: later than every status recorded before, of these numbers and of all.
_READ_CLOCK = """
SELECT greatest(clock_timestamp(), b.last_time + interval '1 microsecond', (
  SELECT max(last.time) + interval '1 microsecond' FROM unnest(%s::bigint[]) AS known (niss)
  CROSS JOIN LATERAL (
    SELECT time FROM niss_status WHERE niss = known.niss ORDER BY time DESC LIMIT 1) last))
FROM niss_status_bounds b"""
_MICROSECOND = timedelta(microseconds=1)

_READ_DOSSIERS = """
SELECT register_id, niss, dossier_type_id, periods::text, revision FROM dossier
WHERE niss = ANY(%s::bigint[])"""

_READ_SHARES = """
SELECT register_id, niss, dossier_type_id, origin, periods::text, inseparable::text FROM dossier_share
WHERE niss = ANY(%s::bigint[])"""


class Loaded(NamedTuple):
    """The persons and registers that were locked and loaded, and the instant of the transaction."""

    persons: Mapping[Niss, Person]
    registers: Sequence[LockedRegister]
    time: datetime
    """Later than any status and any mutation of these registers recorded before."""


async def lock_and_load(connection: Connection, nisses: Collection[Niss]) -> Loaded:
    """Exclude all writers, load the persons of these numbers, then lock and load their registers.

    The registers are those with a dossier of a number asked or of its final successor; they are locked in
    the order of their ids.
    """
    async with connection.pipeline():
        await connection.execute(_LOCK)
        read = await connection.execute(_READ_UNITED, (array(nisses),))
    persons = {row[0]: person_of(row) for row in await read.fetchall()}
    finals = {persons[niss].successor for niss in nisses if niss in persons}
    numbers = array({*nisses, *(niss for niss in finals if niss is not None)})
    registers, time = await _lock_registers(connection, numbers, array(persons))
    return Loaded(persons, registers, time)


async def _lock_registers(
    connection: Connection, numbers: str, known: str
) -> tuple[list[LockedRegister], datetime]:
    """The registers with dossiers of these numbers, and one instant for all that will be recorded."""
    async with connection.pipeline():
        locked = await connection.execute(_LOCK_REGISTERS, (numbers,))
        dossiers = await connection.execute(_READ_DOSSIERS, (numbers,))
        shares = await connection.execute(_READ_SHARES, (numbers,))
        clock = await connection.execute(_READ_CLOCK, (known,))
    rows = await locked.fetchall()
    (now,) = await clock.fetchone() or (None,)
    assert now is not None
    time = max([now, *(row[-1] + _MICROSECOND for row in rows)])
    if not rows:
        return [], time
    types = await read_dossier_types_of(connection, [row[0] for row in rows])
    dossiers_of, shares_of = _by_register(await dossiers.fetchall()), _by_register(await shares.fetchall())
    registers = [
        _locked_register((*row[:-1], time), types[row[0]], dossiers_of[row[0]], shares_of[row[0]])
        for row in rows
    ]
    return registers, time


def _locked_register(
    row: tuple[Any, ...],
    types: DossierTypes,
    dossiers: Sequence[tuple[Any, ...]],
    shares: Sequence[tuple[Any, ...]],
) -> LockedRegister:
    register_id, number, log_id, revision, checksum, types_revision, record_time = row
    state = LoadedState(
        EnterpriseNumber(number),
        log_id,
        revision,
        checksum,
        types_revision,
        record_time,
        dossier_states(dossiers),
        dossier_shares(shares),
    )
    return LockedRegister(register_id, state, types)


def _by_register(rows: Sequence[tuple[Any, ...]]) -> Mapping[int, Sequence[tuple[Any, ...]]]:
    """Rows by their first column, without it."""
    grouped: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for register_id, *rest in rows:
        grouped[register_id].append(tuple(rest))
    return grouped
