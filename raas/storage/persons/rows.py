"""Persons as rows: the record, and the keys under which the search finds it.

Statements take many records as one JSON document, which the database expands: one statement writes one
record as well as a thousand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Json

from raas.domain.calendar.day import day_text, parse_day
from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.names.given_name_signature import given_signature
from raas.domain.names.phonetics import search_keys
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Address, Identity, Sex
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.persons.status import PersonStatus
from raas.domain.persons.stored_identity import address_json, incomplete_date_text
from raas.domain.search.birth_window import birth_code
from raas.storage.connection.clock import ClockGuard
from raas.storage.connection.lease import Connection
from raas.storage.rows.arrays import array, quoted
from raas.storage.writes.load import ADDITIONS_LOCK

PERSON_COLUMNS = """
  p.niss, p.register_of_origin, p.status, p.replaced_by, p.successor, p.version, p.update_time,
  p.last_name, p.first_names, p.birth_date, p.sex, p.birth_place, p.nationality, p.death_date,
  p.address, p.contact_address, p.source_dates"""
"""The columns that `person_of` reads; the table must be called `p`."""

READ_PERSONS = f"SELECT {PERSON_COLUMNS} FROM person p WHERE p.niss = ANY(%(nisses)s::bigint[])"

READ_FINALS = f"""
SELECT {PERSON_COLUMNS}, asked.niss
FROM unnest(%(nisses)s::bigint[]) AS asked (niss)
CROSS JOIN LATERAL (SELECT niss, successor FROM person WHERE niss = asked.niss OFFSET 0) a
CROSS JOIN LATERAL (SELECT * FROM person WHERE niss = coalesce(a.successor, a.niss) OFFSET 0) p"""
"""The columns of the final successor, then the number asked."""

_GIVEN = """
  json_to_recordset(%s) AS g (
    niss bigint, register_of_origin smallint, status smallint, replaced_by bigint, successor bigint,
    last_name text, first_names text[], birth_date text, birth_first date, sex smallint, birth_place text,
    nationality text, death_date text, address jsonb, contact_address jsonb, source_dates jsonb,
    search_keys text[], birth_code int, given_signature bigint)"""

_COLUMNS = """
  niss, register_of_origin, status, replaced_by, successor, last_name, first_names, birth_date, birth_first,
  sex, birth_place, nationality, death_date, address, contact_address, source_dates, search_keys,
  birth_code, given_signature"""

# Sorted, so that two transactions that add the same numbers wait for each other and never deadlock. A cluster
# counts also the rows that are known already, unless rows are returned.
_ADD = f"""
INSERT INTO person ({_COLUMNS}, version)
SELECT {_COLUMNS}, 1 FROM {_GIVEN} ORDER BY niss
ON CONFLICT (niss) DO NOTHING RETURNING 1"""

# No statement joins both tables: a cluster keeps the keys on the coordinator, and persons on every node.
_READ_KEYS = """
SELECT p.niss, p.birth_code, p.search_keys, p.given_signature FROM unnest(%s::bigint[]) AS put (niss)
CROSS JOIN LATERAL (SELECT * FROM person WHERE niss = put.niss OFFSET 0) p"""

_FORGET_KEYS = """
DELETE FROM person_key WHERE ctid = ANY(ARRAY(
  SELECT k.ctid FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS old (key, birth_code, niss)
  CROSS JOIN LATERAL (
    SELECT ctid FROM person_key
    WHERE key = old.key AND birth_code = old.birth_code AND niss = old.niss OFFSET 0) k))"""

_PUT = f"""
INSERT INTO person ({_COLUMNS}, version)
SELECT {_COLUMNS}, 1 FROM {_GIVEN} ORDER BY niss
ON CONFLICT (niss) DO UPDATE SET
  register_of_origin = excluded.register_of_origin, version = person.version + 1,
  update_time = excluded.update_time, last_name = excluded.last_name, first_names = excluded.first_names,
  birth_date = excluded.birth_date, birth_first = excluded.birth_first, sex = excluded.sex,
  birth_place = excluded.birth_place, nationality = excluded.nationality, death_date = excluded.death_date,
  address = excluded.address, contact_address = excluded.contact_address,
  source_dates = excluded.source_dates, search_keys = excluded.search_keys,
  birth_code = excluded.birth_code, given_signature = excluded.given_signature"""

_WRITE_KEYS = f"""
INSERT INTO person_key (key, birth_code, niss, given_signature)
SELECT k.key, g.birth_code, g.niss, g.given_signature FROM {_GIVEN}, unnest(g.search_keys) AS k (key)
ORDER BY k.key, g.birth_code, g.niss
ON CONFLICT DO NOTHING"""


# The clock is read after the lock was granted: a transaction that then takes it exclusively sees all earlier
# first statuses.
_LOCK_ADDITIONS = f"""
WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared({ADDITIONS_LOCK}))
SELECT clock_timestamp() FROM locked"""

_ADD_STATUSES = f"""
INSERT INTO niss_status (niss, time, status, replaced_by, successor)
SELECT g.niss, %s::timestamptz, g.status, g.replaced_by, g.successor FROM {_GIVEN}"""

_PUT_STATUSES = f"""
INSERT INTO niss_status (niss, time, status, replaced_by, successor)
SELECT g.niss, %s::timestamptz, g.status, g.replaced_by, g.successor FROM {_GIVEN}
WHERE NOT EXISTS (SELECT FROM niss_status s WHERE s.niss = g.niss)"""


async def read_persons(connection: Connection, nisses: Collection[Niss]) -> dict[Niss, Person]:
    """The records of these numbers; an unknown one is absent."""
    cursor = await connection.execute(READ_PERSONS, {"nisses": array(nisses)})
    return {row[0]: person_of(row) for row in await cursor.fetchall()}


async def add_persons(connection: Connection, persons: Sequence[Person], clock: ClockGuard) -> bool:
    """Write new records and their first statuses, as of one instant.

    False when one of the numbers is known already: then roll back. Raises ClockAhead.
    """
    given = person_document(persons)
    async with connection.pipeline():
        locked = await connection.execute(_LOCK_ADDITIONS)
        added = await connection.execute(_ADD, (given,))
    if added.rowcount != len(persons):
        return False
    (time,) = await locked.fetchone() or (None,)
    assert time is not None
    clock.check(time)
    async with connection.pipeline():
        await connection.execute(_WRITE_KEYS, (given,))
        await connection.execute(_ADD_STATUSES, (time, given))
    return True


async def put_persons(connection: Connection, persons: Sequence[Person], time: datetime) -> None:
    """Write records, new or changed; the status of known numbers is left as it is.

    The status of a new number is recorded as of `time`.
    """
    rows = [_json(person) for person in persons]
    given = Json(rows)
    async with connection.pipeline():
        await connection.execute(_LOCK_ADDITIONS)
        await connection.execute(_PUT_STATUSES, (time, given))
        known = await connection.execute(_READ_KEYS, (array(person.niss for person in persons),))
    forgotten = _changed_keys(await known.fetchall(), rows)
    async with connection.pipeline():
        if forgotten:
            keys, birth_codes, nisses = zip(*forgotten, strict=True)
            await connection.execute(_FORGET_KEYS, (quoted(keys), array(birth_codes), array(nisses)))
        await connection.execute(_PUT, (given,))
        await connection.execute(_WRITE_KEYS, (given,))


def _changed_keys(
    known: Sequence[tuple[Any, ...]], rows: Sequence[Mapping[str, Any]]
) -> list[tuple[str, int, int]]:
    """The keys (key, birth code, niss) of the persons whose keys, or signature beside them, change."""
    put = {row["niss"]: (row["birth_code"], row["search_keys"], row["given_signature"]) for row in rows}
    return [
        (key, birth_code, niss)
        for niss, birth_code, keys, signature in known
        if (birth_code, keys, signature) != put[niss]
        for key in keys
    ]


def person_document(persons: Sequence[Person]) -> Json:
    """The records as the parameter of the statements above."""
    return Json([_json(person) for person in persons])


def person_of(row: Sequence[Any]) -> Person:
    """The record in a row of PERSON_COLUMNS."""
    niss, origin, status, replaced_by, successor, version, update_time = row[:7]
    last_name, first_names, birth_date, sex, birth_place, nationality, death_date = row[7:14]
    address, contact_address, source_dates = row[14:17]
    identity = Identity(
        last_name,
        tuple(first_names),
        parse_incomplete_date(birth_date) if birth_date else None,
        Sex(sex) if sex else None,
        birth_place,
        nationality,
        parse_incomplete_date(death_date) if death_date else None,
        Address(**address) if address else None,
        Address(**contact_address) if contact_address else None,
    )
    return Person(
        niss,
        RegisterOfOrigin(origin),
        identity,
        PersonStatus(status),
        replaced_by,
        successor,
        version,
        update_time,
        {name: parse_day(day) for name, day in source_dates.items()},
    )


def _json(person: Person) -> dict[str, Any]:
    identity = person.identity
    born, died = identity.birth_date, identity.death_date
    first = born.earliest() if born else None
    # A person without a name or a birth date gets no keys: the search needs both.
    findable = bool(identity.last_name and born)
    return {
        "niss": person.niss,
        "register_of_origin": person.register_of_origin.value,
        "status": person.status.value,
        "replaced_by": person.replaced_by,
        "successor": person.successor,
        "last_name": identity.last_name,
        "first_names": list(identity.first_names),
        "birth_date": incomplete_date_text(born) if born else None,
        "birth_first": date.fromordinal(first).isoformat() if first else None,
        "sex": identity.sex.value if identity.sex else None,
        "birth_place": identity.birth_place,
        "nationality": identity.nationality,
        "death_date": incomplete_date_text(died) if died else None,
        "address": _address(identity.address),
        "contact_address": _address(identity.contact_address),
        "source_dates": {name: day_text(day) for name, day in person.source_dates.items()},
        "search_keys": search_keys(identity.last_name or "") if findable else [],
        "birth_code": birth_code(born) if findable and born else 0,
        "given_signature": given_signature(identity.first_names) if findable else 0,
    }


def _address(address: Address | None) -> dict[str, str] | None:
    return address_json(address) if address else None
