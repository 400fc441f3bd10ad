"""A million fictitious persons in a database, as fast as PostgreSQL takes them.

A sample is drawn person by person, with names of raas/data as in name_pairs.py. The other persons have the
names of the sample and other birth dates, so that the names keep their frequencies. One person in fifty has
an incomplete birth date. A million persons born within eight years have as many births per day as ten
million born within eighty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

import psycopg

from benchmarks.name_variants import MadePersons
from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.names.given_name_signature import given_signature
from raas.domain.names.phonetics import search_keys
from raas.domain.persons.identity import Identity

BORN_FROM, YEARS = date(1940, 1, 1), 80
_DRAWN = 50_000

_MADE = """
CREATE TEMP TABLE made (number int, last_name text, first_names text[], sex smallint, nationality text,
                        search_keys text[], given_signature bigint)"""

_FILL = """
INSERT INTO person (niss, register_of_origin, status, version, last_name, first_names, birth_date,
                    birth_first, sex, nationality, search_keys, birth_code, given_signature)
SELECT 10000000000 + row_number() OVER (), 3, 1, 1, last_name, first_names,
       to_char(born, CASE WHEN incomplete THEN 'YYYY-MM-"00"' ELSE 'YYYY-MM-DD' END), born,
       sex, nationality, search_keys,
       to_char(born, CASE WHEN incomplete THEN 'YYYYMM"00"' ELSE 'YYYYMMDD' END)::int, given_signature
FROM (SELECT m.*, copy %% 50 = 7 AS incomplete,
             %(from)s::date + (hashint8(m.number::bigint * 1000003 + copy) & 2147483647) %% %(days)s AS born
      FROM made m CROSS JOIN generate_series(1, %(copies)s) copy) drawn"""

_KEYS = """
INSERT INTO person_key (key, birth_code, niss, given_signature)
SELECT k.key, p.birth_code, p.niss, p.given_signature
FROM person p CROSS JOIN unnest(p.search_keys) AS k (key)
ORDER BY 1, 2, 3"""

_SAMPLE = """
SELECT last_name, first_names, birth_date FROM person
WHERE niss = ANY(%(nisses)s::bigint[]) AND birth_code %% 100 <> 0 ORDER BY niss"""

_COMMON = """
SELECT last_name, min(first_names) FROM person GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT %(number)s"""


def fill(dsn: str, persons: int, years: int = YEARS) -> None:
    """Create the persons, and the index that the baseline uses."""
    made, days = MadePersons(Random(1)), years * 36_525 // 100
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(_MADE)
        with cursor.copy("COPY made FROM STDIN") as copy:
            for number in range(min(_DRAWN, persons)):
                copy.write_row(_row(number, made.draw(BORN_FROM, days)))
        copies = max(1, persons // _DRAWN)
        cursor.execute(_FILL, {"from": BORN_FROM, "days": days, "copies": copies})
        cursor.execute(_KEYS)
        cursor.execute("CREATE INDEX search_baseline ON person (last_name, birth_date)")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name in ("person", "person_key"):
            connection.execute(f"VACUUM ANALYZE {name}")


def _row(number: int, person: Identity) -> tuple[Any, ...]:
    last_name, sex = person.last_name or "", person.sex.value if person.sex else None
    names, given = list(person.first_names), given_signature(person.first_names)
    return number, last_name, names, sex, person.nationality, search_keys(last_name), given


@dataclass(frozen=True, slots=True)
class Known:
    """Two samples: persons drawn at random, and persons with the most common last names."""

    drawn: Sequence[Identity]
    common: Sequence[Identity]


def known(dsn: str, number: int) -> Known:
    """About this many of the persons; always the same ones for the same number of persons."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT max(niss) FROM person").fetchone()
        assert row is not None
        chance = Random(2)
        nisses = [chance.randint(10_000_000_001, row[0]) for _ in range(number)]
        drawn = connection.execute(_SAMPLE, {"nisses": nisses}).fetchall()
        common = connection.execute(_COMMON, {"number": max(1, number // 4)}).fetchall()
    return Known(
        [Identity(last, tuple(first), parse_incomplete_date(born)) for last, first, born in drawn],
        [Identity(last, tuple(first), parse_incomplete_date("1945-05-17")) for last, first in common],
    )
