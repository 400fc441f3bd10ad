"""Locking for a change of persons, and loading all that the change needs, in three round trips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.storage.audit.chains import chain_of_register
from raas.storage.audit.log import AuditLog
from raas.storage.connection.lease import Connection
from raas.storage.connection.prepared import HIDDEN_DOSSIERS, refuse_hidden_dossiers
from raas.storage.connection.query import Row
from raas.storage.persons.rows import PERSON_COLUMNS, person_of
from raas.storage.rows.arrays import array
from raas.storage.rows.dossier_types import READ_TYPES_OF, dossier_types_of
from raas.storage.writes.load import (
    LOCK_HEAD,
    PERSONS_LOCK,
    READ_CLOCK,
    Cursor,
    dossier_shares,
    dossier_states,
)
from raas.usecases.ports.persons import LockedRegister
from raas.usecases.ports.write_store import LoadedState

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

_HOLDERS = "SELECT DISTINCT register_id FROM dossier WHERE niss = ANY(%s::bigint[])"

# The time of the last change of a status, and of the last status of these numbers, if that is later.
_LAST_STATUS = """
SELECT greatest(nullif(b.last_time, '-infinity'), (
  SELECT max(last.time) FROM unnest(%s::bigint[]) AS known (niss)
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


async def lock_and_load(
    connection: Connection, nisses: Collection[Niss], log: AuditLog | None = None
) -> Loaded:
    """Exclude all writers, load the persons of these numbers, then lock and load their registers.

    The registers are those with a dossier of a number asked or of its final successor; they are locked in
    the order of their ids. Raises StoreUnavailable while a prepared transaction hides dossiers.
    """
    async with connection.pipeline():
        await connection.execute(_LOCK)
        read = await connection.execute(_READ_UNITED, (array(nisses),))
        prepared = await connection.execute(HIDDEN_DOSSIERS) if connection.distributed else None
    if prepared is not None:
        refuse_hidden_dossiers(await prepared.fetchall())
    persons = {row[0]: person_of(row) for row in await read.fetchall()}
    finals = {persons[niss].successor for niss in nisses if niss in persons}
    numbers = array({*nisses, *(niss for niss in finals if niss is not None)})
    async with connection.pipeline():
        holders = await connection.execute(_HOLDERS, (numbers,))
        last_status = await connection.execute(_LAST_STATUS, (array(persons),))
        clock = await connection.execute(READ_CLOCK)
    register_ids = sorted(register_id for (register_id,) in await holders.fetchall())
    recorded = [time for (time,) in await last_status.fetchall() if time is not None]
    if not register_ids:
        return Loaded(persons, (), _later(await _one(clock), recorded))
    registers, time = await _lock_registers(connection, register_ids, numbers, recorded, log)
    return Loaded(persons, registers, time)


async def _lock_registers(
    connection: Connection,
    register_ids: Sequence[int],
    numbers: str,
    recorded: Sequence[datetime],
    log: AuditLog | None,
) -> tuple[list[LockedRegister], datetime]:
    """These registers with their dossiers of the numbers, and one instant for all that will be recorded."""
    async with connection.pipeline():
        locked = [await connection.execute(LOCK_HEAD, {"register": each}) for each in register_ids]
        types = await connection.execute(READ_TYPES_OF, (array(register_ids),))
        dossiers = await connection.execute(_READ_DOSSIERS, (numbers,))
        shares = await connection.execute(_READ_SHARES, (numbers,))
        clock = await connection.execute(READ_CLOCK)
    heads = [await _one(cursor) for cursor in locked]
    time = _later(await _one(clock), [*recorded, *(record_time for *_, record_time in heads)])
    states = zip(register_ids, heads, strict=True)
    types_revisions = {register_id: types_revision for register_id, (*_, types_revision, _) in states}
    types_of = dossier_types_of(types_revisions, await types.fetchall())
    dossiers_of, shares_of = _by_register(await dossiers.fetchall()), _by_register(await shares.fetchall())
    registers = [
        LockedRegister(
            register_id,
            LoadedState(
                EnterpriseNumber(number),
                log_id,
                revision,
                checksum,
                types_revision,
                time,
                dossier_states(dossiers_of[register_id]),
                dossier_shares(shares_of[register_id]),
                audit=chain_of_register(log, EnterpriseNumber(number), audit_length, audit_hash),
            ),
            types_of[register_id],
        )
        for register_id, head in zip(register_ids, heads, strict=True)
        for number, log_id, revision, checksum, audit_length, audit_hash, types_revision, _ in [head]
    ]
    return registers, time


def _later(clock: Row, recorded: Sequence[datetime]) -> datetime:
    """An instant later than all that is recorded, the clock if it is."""
    now: datetime = clock[0]
    return max([now, *(time + _MICROSECOND for time in recorded)])


async def _one(cursor: Cursor) -> Row:
    row = await cursor.fetchone()
    assert row is not None
    return row


def _by_register(rows: Sequence[Row]) -> Mapping[int, Sequence[Row]]:
    """Rows by their first column, without it."""
    grouped: defaultdict[int, list[Row]] = defaultdict(list)
    for register_id, *rest in rows:
        grouped[register_id].append(tuple(rest))
    return grouped
