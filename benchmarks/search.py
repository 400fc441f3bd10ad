"""SearchPersons on a million persons, against finding equal names by an index of the same table.

    python -m benchmarks.search [--persons 1000000] [--questions 400] [--dsn postgresql://…]

The persons are made: names of raas/data as name_pairs.py draws them, born over eighty years, so that a name
is as common among a million as it is there. The questions are those of name_variants.py: one thing of each
went the way it goes in an office. Asked one after the other, through the verb, on the real store; the time
is that of the whole answer. The baseline is one statement that finds the persons of exactly this last name
and birth date by an index made for it: what the tolerance for spellings costs is the ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from statistics import quantiles
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.figures import Figure, table
from benchmarks.name_variants import VARIANTS, MadePersons
from benchmarks.servers import Servers
from raas.domain.errors import Refused
from raas.domain.given_signature import given_signature
from raas.domain.identity import Identity
from raas.domain.identity_json import incomplete_date_text
from raas.domain.incomplete_date import IncompleteDate
from raas.domain.person_search import PersonQuery
from raas.domain.phonetics import search_keys
from raas.storage.database import open_database
from raas.storage.fetching import fetch
from raas.storage.persons import PostgresPersonStore
from raas.usecases.persons.searching import MOST_RESULTS, SearchPersons

PERSONS, QUESTIONS = 1_000_000, 400
NAMES = 50_000
"""Persons drawn one by one; the others have their names and other birth dates."""
BORN_FROM, DAYS = date(1940, 1, 1), 29_220
AIM = "p95 < 50 ms"

_MADE = """
CREATE TEMP TABLE made (number int, last_name text, first_names text[], sex smallint, nationality text,
                        search_keys text[], given_signature bigint)"""

_FILL = """
INSERT INTO person (niss, register_of_origin, status, version, last_name, first_names, birth_date,
                    birth_first, sex, nationality, search_keys, birth_code,
                    given_signature)
SELECT 10000000000 + row_number() OVER (), 3, 1, 1, last_name, first_names, to_char(born, 'YYYY-MM-DD'), born,
       sex, nationality, search_keys, to_char(born, 'YYYYMMDD')::int,
       given_signature
FROM (SELECT m.*, %(from)s::date + (hashint8(m.number::bigint * 1000003 + copy) & 2147483647) %% %(days)s
             AS born
      FROM made m CROSS JOIN generate_series(1, %(copies)s) copy) drawn"""

_KEYS = """
INSERT INTO person_key (key, birth_code, niss, given_signature)
SELECT k.key, p.birth_code, p.niss, p.given_signature
FROM person p CROSS JOIN unnest(p.search_keys) AS k (key)
ORDER BY 1, 2, 3"""

_SAMPLE = """
SELECT last_name, first_names, birth_date, sex, nationality FROM person
WHERE niss = ANY(%(nisses)s::bigint[])"""

_EQUAL = """
SELECT niss, last_name, first_names, birth_date, sex FROM person
WHERE last_name = %(last_name)s AND birth_date = %(birth_date)s"""


def fill(dsn: str, persons: int) -> None:
    """Make the persons, and the index of the baseline."""
    made = MadePersons(Random(1))
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(_MADE)
        with cursor.copy("COPY made FROM STDIN") as copy:
            for number in range(min(NAMES, persons)):
                person = made.draw(BORN_FROM, DAYS)
                last_name, sex = person.last_name or "", person.sex.value if person.sex else None
                names, keys = list(person.first_names), search_keys(last_name)
                given = given_signature(person.first_names)
                copy.write_row((number, last_name, names, sex, person.nationality, keys, given))
        copies = max(1, persons // NAMES)
        cursor.execute(_FILL, {"from": BORN_FROM, "days": DAYS, "copies": copies})
        cursor.execute(_KEYS)
        cursor.execute("CREATE INDEX search_baseline ON person (last_name, birth_date)")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name in ("person", "person_key"):
            connection.execute(f"VACUUM ANALYZE {name}")


async def sample(engine: AsyncEngine, persons: int, number: int) -> list[Identity]:
    """Some of the persons."""
    chance = Random(2)
    nisses = "{" + ",".join(str(10_000_000_000 + chance.randint(1, persons)) for _ in range(number)) + "}"
    rows = await fetch(engine, _SAMPLE, {"nisses": nisses})
    return [_identity(row) for row in rows]


def _identity(row: Sequence[Any]) -> Identity:
    year, month, day = map(int, row[2].split("-"))
    return Identity(row[0], tuple(row[1]), IncompleteDate(year, month, day))


def variants(persons: Sequence[Identity], number: int) -> Iterator[PersonQuery]:
    """Questions for these persons, of every kind in turn."""
    chance = Random(3)
    kinds = list(VARIANTS.values())
    made = 0
    while made < number:
        query = kinds[made % len(kinds)](chance, chance.choice(persons))
        if query is not None:
            made += 1
            yield query


def widened(queries: Sequence[PersonQuery], kind: str) -> list[PersonQuery]:
    """The questions with a birth date that says less."""

    def wide(query: PersonQuery) -> PersonQuery:
        year, month, _ = query.birth_date
        if kind == "within a week":
            return replace(query, tolerance=7)
        known = IncompleteDate(year, month if kind == "a month" else None, None)
        return replace(query, birth_date=known, tolerance=1 if kind == "a year ± 1" else 0)

    return [wide(query) for query in queries]


async def p95(
    ask: Callable[[PersonQuery], Awaitable[object]], queries: Sequence[PersonQuery]
) -> tuple[float, int]:
    """The 95th percentile in milliseconds, after some questions that warm up; how many were refused."""
    refused = 0
    seconds = []
    for place, query in enumerate([*queries[:50], *queries]):
        began = time.perf_counter()
        try:
            await ask(query)
        except Refused:
            refused += place >= 50
        if place >= 50:
            seconds.append(time.perf_counter() - began)
    return quantiles(seconds, n=20)[18] * 1_000, refused


async def measure(dsn: str, persons: int, questions: int) -> list[Figure]:
    """The figures, each with the baseline of the same run."""
    writing, reading = open_database(dsn), open_database(dsn, autocommit=True)
    try:
        search = SearchPersons(PostgresPersonStore(writing, reading))
        queries = list(variants(await sample(reading, persons, questions), questions))

        async def equal(query: PersonQuery) -> object:
            born = incomplete_date_text(query.birth_date)
            return await fetch(reading, _EQUAL, {"last_name": query.last_name, "birth_date": born})

        async def searched(query: PersonQuery) -> object:
            return await search.search(query, MOST_RESULTS)

        baseline, _ = await p95(equal, queries)
        figures = []
        for kind in ("a day", "within a week", "a month", "a year", "a year ± 1"):
            asked = queries if kind == "a day" else widened(queries, kind)
            milliseconds, refused = await p95(searched, asked)
            name = f"search among {persons:,}, born on {kind}" if kind == "a day" else f"… {kind}"
            name += f" ({refused} of {len(asked)} too many)" if refused else ""
            aim = AIM if kind == "a day" else ""
            figures.append(Figure(name, milliseconds, "ms p95", "equal names by an index", baseline, aim))
        return figures
    finally:
        await writing.dispose()
        await reading.dispose()


def searches(servers: Servers) -> list[Figure]:
    """SearchPersons in the database of a fresh server."""
    fill(servers.dsn(), PERSONS)
    return asyncio.run(measure(servers.dsn(), PERSONS, QUESTIONS))


def main() -> None:
    """Fill a database, measure, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--persons", type=int, default=PERSONS)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--dsn", help="an empty, migrated database; by default that of a fresh server")
    parser.add_argument("--filled", action="store_true", help="the database holds the persons already")
    arguments = parser.parse_args()
    with Servers() as servers:
        dsn = arguments.dsn or servers.dsn()
        if not arguments.filled:
            fill(dsn, arguments.persons)
        print(table(asyncio.run(measure(dsn, arguments.persons, arguments.questions))))


if __name__ == "__main__":
    main()
