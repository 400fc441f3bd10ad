"""Reading persons for the search, and whether a register holds a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from raas.domain.persons.identity import Address, Identity, Sex
from raas.domain.rights.view import VisibleTypes
from raas.domain.search.birth_window import coded_birth_date
from raas.domain.search.person_search import DayProbe, Probe
from raas.storage.connection.lease import Connection
from raas.storage.rows.arrays import array, quoted
from raas.storage.rows.type_condition import of_types
from raas.usecases.ports.persons import Findable

# One descent of the index per key and kind of birth code. LIMIT counts a person once per key; nearly all
# persons have at most four keys, and a result that was cut off is refused.
FIND = """
SELECT k.niss
FROM unnest(%(keys)s::text[], %(given)s::bigint[]) AS probe (key, given)
CROSS JOIN LATERAL (
  SELECT niss FROM person_key
  WHERE key = probe.key AND birth_code BETWEEN %(first)s AND %(last)s
    AND (probe.given = 0 OR given_signature & probe.given <> 0)
  UNION ALL
  SELECT niss FROM person_key
  WHERE key = probe.key AND birth_code = ANY(%(single)s::int[])
    AND (probe.given = 0 OR given_signature & probe.given <> 0)) k
LIMIT %(limit)s"""

# Index only: the signatures exclude records before any row is read.
FIND_BORN = """
SELECT p.niss
FROM unnest(%(codes)s::int[], %(given)s::bigint[]) AS probe (code, given)
CROSS JOIN LATERAL (
  SELECT niss FROM person
  WHERE birth_code = probe.code AND (probe.given = 0 OR given_signature & probe.given <> 0)) p
LIMIT %(limit)s"""

READ_FINDABLE = """
SELECT coalesce(p.successor, p.niss), p.last_name, p.first_names, p.birth_code, p.sex,
       p.address ->> 'municipality'
FROM person p WHERE p.niss = ANY(%(nisses)s::bigint[])"""

UNITED = """
WITH final AS (
  SELECT coalesce((SELECT successor FROM person WHERE niss = %(niss)s), %(niss)s::bigint) AS niss)
SELECT niss FROM final UNION SELECT p.niss FROM person p JOIN final ON p.successor = final.niss"""
"""All numbers of the person to whom %(niss)s belongs, itself included."""

_HOLDS = f"""
SELECT EXISTS (
  SELECT FROM ({UNITED}) united CROSS JOIN LATERAL (
    SELECT dossier_type_id, periods FROM dossier
    WHERE register_id = %(register)s AND niss = united.niss OFFSET 0) d
  WHERE NOT isempty(d.periods) {{of_types}})"""

HELD_TYPES = """
WITH asked AS (
  SELECT a.niss, coalesce(
    (SELECT successor FROM person p WHERE p.niss = a.niss), a.niss) AS final
  FROM unnest(%(nisses)s::bigint[]) a (niss)),
united AS (
  SELECT niss AS asked, final AS niss FROM asked
  UNION SELECT a.niss, p.niss FROM asked a CROSS JOIN LATERAL (
    SELECT niss FROM person WHERE successor = a.final OFFSET 0) p)
SELECT u.asked, t.code, bool_or(d.periods @> %(day)s::date)
FROM united u CROSS JOIN LATERAL (
  SELECT dossier_type_id, periods FROM dossier
  WHERE register_id = %(register)s AND niss = u.niss OFFSET 0) d
JOIN dossier_type t ON t.id = d.dossier_type_id AND t.register_id = %(register)s
WHERE NOT isempty(d.periods)
GROUP BY u.asked, t.code"""
"""The dossier types under which a register holds persons, and whether a line covers a day."""

_KEYS_PER_PERSON = 4
"""Rows read for every person wanted: nearly all persons have fewer keys."""


def holds(within: VisibleTypes) -> str:
    """Whether a register holds a person, under one of these dossier types (None = any)."""
    return _HOLDS.format(of_types=of_types("d.dossier_type_id", within))


def born_parameters(probe: DayProbe, limit: int) -> Mapping[str, Any]:
    """The parameters of FIND_BORN for at most `limit` records; one more shows that there are more."""
    return {"codes": array(probe.codes), "given": array(probe.codes.values()), "limit": limit + 1}


def find_parameters(probe: Probe, limit: int) -> Mapping[str, Any]:
    """The parameters of FIND for at most `limit` persons."""
    return {
        "keys": quoted([*probe.keys]),
        "given": array(probe.keys.values()),
        "first": probe.codes.first,
        "last": probe.codes.last,
        "single": array(probe.codes.single),
        "limit": limit * _KEYS_PER_PERSON + 1,
    }


def found_nisses(rows: Collection[tuple[Any, ...]], limit: int) -> set[int] | None:
    """The numbers in rows of FIND; None when they are more than `limit`, or were cut off."""
    nisses = {niss for (niss,) in rows}
    return None if len(nisses) > limit or len(rows) > limit * _KEYS_PER_PERSON else nisses


def findable_of(row: tuple[Any, ...]) -> Findable:
    """The Findable in a row of READ_FINDABLE."""
    niss, last_name, first_names, birth_code, sex, municipality = row
    identity = Identity(
        last_name,
        tuple(first_names),
        coded_birth_date(birth_code),
        Sex(sex) if sex else None,
        address=Address(municipality=municipality) if municipality else None,
    )
    return Findable(niss, identity)


async def find(
    connection: Connection, probe: Probe | DayProbe, limit: int
) -> tuple[Sequence[Findable], bool]:
    """`PersonStore.find` on a connection; each of its two statements has a snapshot of its own."""
    if isinstance(probe, DayProbe):
        cursor = await connection.execute(FIND_BORN, born_parameters(probe, limit))
        born = [niss for (niss,) in await cursor.fetchall()]
        nisses: Collection[int] | None = born if len(born) <= limit else None
    else:
        cursor = await connection.execute(FIND, find_parameters(probe, limit))
        nisses = found_nisses(await cursor.fetchall(), limit)
    if nisses is None:
        return (), True
    if not nisses:
        return (), False
    cursor = await connection.execute(READ_FINDABLE, {"nisses": array(nisses)})
    return [findable_of(row) for row in await cursor.fetchall()], False
