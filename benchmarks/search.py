"""SearchPersons on a million persons, through a running server.

    python -m benchmarks.search [--persons N] [--years N] [--questions N] [--explain]

The questions are those of name_variants.py, with one mistake each. One client asks them one after the other
and measures the whole call. The baseline is one statement that finds the persons of exactly this last name
and birth date by an index made for it, so the ratio is the cost of tolerating spellings. The processor time
of the server and its database is reported separately, because the elapsed time depends on the load of the
machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from statistics import quantiles

import grpc
import psutil
import psycopg

from benchmarks.clerk_mistakes import MISTAKES
from benchmarks.figures import Figure, table
from benchmarks.made_persons import YEARS, fill, known
from benchmarks.name_variants import VARIANTS, exact
from benchmarks.servers import Servers
from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.persons.identity import Identity
from raas.domain.persons.stored_identity import incomplete_date_text
from raas.domain.search.person_search import GivenNameMatching, PersonQuery
from raas.storage.persons.search import FIND, FIND_BORN, born_parameters, find_parameters
from raas.usecases.persons.search import MOST_BORN, MOST_SCORED
from raas.v1.person_service_pb2 import SearchPersonsRequest
from raas.v1.person_service_pb2_grpc import PersonServiceStub

PERSONS, QUESTIONS = 1_000_000, 400
AIM = "p95 < 50 ms"
_WARMING = 50
_CALLER = (("raas-enterprise-number", "0999999922"),)
_DATED = [kind for kind in VARIANTS if kind not in ("digit of the birth date", "incomplete birth date asked")]

_EQUAL = """
SELECT niss, last_name, first_names, birth_date, sex FROM person
WHERE last_name = %(last_name)s AND birth_date = %(birth_date)s"""

Asking = Callable[[PersonQuery], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """The cost of questions of one kind."""

    p95: float
    """Milliseconds."""
    processor: float
    """Milliseconds of server and database, per question."""
    refused: int
    """Questions answered TOO_MANY_RESULTS."""


def variants(persons: Sequence[Identity], number: int) -> Iterator[PersonQuery]:
    """Questions for these persons, of every kind in turn, each with a complete date."""
    chance = Random(3)
    made = 0
    while made < number:
        query = VARIANTS[_DATED[made % len(_DATED)]](chance, chance.choice(persons))
        if query is not None:
            made += 1
            yield query


def widened(queries: Sequence[PersonQuery], parts: int, tolerance: int) -> list[PersonQuery]:
    """The questions with only the first parts of the date (year, month, day), and this tolerance."""

    def wide(query: PersonQuery) -> PersonQuery:
        known_parts = [part if place < parts else None for place, part in enumerate(query.birth_date)]
        return replace(query, birth_date=IncompleteDate(*known_parts), tolerance=tolerance)

    return [wide(query) for query in queries]


def on_ladder(queries: Sequence[PersonQuery]) -> list[PersonQuery]:
    """The questions in the mode LADDER."""
    return [replace(query, given_name_matching=GivenNameMatching.LADDER) for query in queries]


def mistaken(persons: Sequence[Identity], number: int) -> list[PersonQuery]:
    """Questions for these persons, each with a mistake of clerk_mistakes.py, of every class in turn."""
    chance, made, this_year = Random(4), list[PersonQuery](), datetime.now(UTC).year
    kinds = list(MISTAKES.values())
    while len(made) < number:
        query = kinds[len(made) % len(kinds)](chance, exact(chance.choice(persons)))
        # A mistake of ten years may lead into the future, where nobody may be looked for.
        if query is not None and (query.birth_date.year or 0) < this_year:
            made.append(query)
    return made


def unknown(persons: Sequence[Identity], number: int) -> list[PersonQuery]:
    """Questions that no step answers well: the names of one person, and the birth date of another."""
    chance = Random(5)
    dates = [exact(chance.choice(persons)).birth_date for _ in range(number)]
    names = [exact(chance.choice(persons)) for _ in range(number)]
    other = [born._replace(year=(born.year or 0) - 35) for born in dates]
    return [
        replace(query, birth_date=born) for query, born in zip(names, other, strict=True) if day_exists(born)
    ]


def day_exists(born: IncompleteDate) -> bool:
    """Whether the date is one of the calendar."""
    return bool(born.day) and not (born.month == 2 and born.day == 29)


class Through:
    """The measured server and its processes."""

    def __init__(self, target: str, dsn: str, pid: int | None) -> None:
        self._search = PersonServiceStub(grpc.insecure_channel(target)).SearchPersons
        self.database = psycopg.connect(dsn, autocommit=True)
        roots = [psutil.Process(self.database.info.backend_pid).parent()]
        if pid is not None:
            roots.append(psutil.Process(pid))
        self._roots = [root for root in roots if root is not None]

    def close(self) -> None:
        """Close the connection to the database."""
        self.database.close()

    def ask(self, query: PersonQuery) -> None:
        """SearchPersons; raises grpc.RpcError."""
        self._search(_request(query), metadata=_CALLER, timeout=30)

    def equal(self, query: PersonQuery) -> None:
        """The baseline."""
        born = incomplete_date_text(query.birth_date)
        self.database.execute(_EQUAL, {"last_name": query.last_name, "birth_date": born}).fetchall()

    def measure(self, ask: Asking, queries: Sequence[PersonQuery]) -> Measured:
        """Ask the questions one after the other, after a warm-up."""
        for query in queries[:_WARMING]:
            _refused(ask, query)
        seconds, refused, before = [], 0, self._processor_seconds()
        for query in queries:
            began = time.perf_counter()
            refused += _refused(ask, query)
            seconds.append(time.perf_counter() - began)
        processor = (self._processor_seconds() - before) / len(queries)
        return Measured(quantiles(seconds, n=20)[18] * 1_000, processor * 1_000, refused)

    def _processor_seconds(self) -> float:
        processes = {each for root in self._roots for each in (root, *root.children(recursive=True))}
        total = 0.0
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total


def _refused(ask: Asking, query: PersonQuery) -> bool:
    try:
        ask(query)
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
            raise
        return True
    return False


def _request(query: PersonQuery) -> SearchPersonsRequest:
    return SearchPersonsRequest(
        last_name=query.last_name,
        first_names=query.first_names,
        given_name_matching=query.given_name_matching.value,  # type: ignore[arg-type]
        birth_date=incomplete_date_text(query.birth_date),
        birth_date_tolerance=query.tolerance,
    )


def measure(through: Through, dsn: str, questions: int) -> list[Figure]:
    """The figures, each with the baseline of the same run."""
    some = known(dsn, questions)
    dated = list(variants(some.drawn, questions))
    common = [exact(person) for person in some.common]
    asked = {
        "a day": dated,
        "within a week": widened(dated, 3, 7),
        "a month": widened(dated, 2, 0),
        "a month ± 1": widened(dated, 2, 1),
        "a year": widened(dated, 1, 0),
        "a year ± 1": widened(dated, 1, 1),
        "a year ± 10": widened(dated, 1, 10),
        "a year ± 1, the most common names": widened(common, 1, 1),
        "a year ± 10, the most common names": widened(common, 1, 10),
        "a day, ladder": on_ladder(dated),
        "another day, ladder": on_ladder(mistaken(some.drawn, questions)),
        "a day, ladder that finds nobody": on_ladder(unknown(some.drawn, questions)),
        "a day, ladder, the most common names": on_ladder(unknown(some.common, questions)),
    }
    baseline = through.measure(through.equal, dated).p95
    figures = []
    for kind, queries in asked.items():
        found = through.measure(through.ask, queries)
        name = f"search, born on {kind}" if kind == "a day" else f"… {kind}"
        name += f" ({found.refused} of {len(queries)} too many)" if found.refused else ""
        aim = AIM if kind == "a day" else ""
        figures.append(Figure(name, found.p95, "ms p95", "equal names by an index", baseline, aim))
        figures.append(Figure("  processor time of server and database", found.processor, "ms a question"))
    return figures


def explain(through: Through, dsn: str) -> None:
    """Print the plans by which the database finds candidates, for a usual and for the hardest questions."""
    some = known(dsn, 4)
    usual, hard = exact(some.drawn[0]), exact(some.common[0])
    for name, query in (
        ("born on a day", usual),
        ("a year ± 10, the most common name", widened([hard], 1, 10)[0]),
        ("the same without first names", replace(widened([hard], 1, 10)[0], first_names=())),
    ):
        print(f"\n{name}: {len(query.probe().keys)} keys")
        plan = f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {FIND}"
        parameters = find_parameters(query.probe(), MOST_SCORED)
        for _ in range(2):
            rows = through.database.execute(plan, parameters).fetchall()
        print("\n".join(row[0] for row in rows))
    day = usual.day_probe()
    assert day is not None
    plan = f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {FIND_BORN}"
    for _ in range(2):
        rows = through.database.execute(plan, born_parameters(day, MOST_BORN)).fetchall()
    print("\nall persons born on a day")
    print("\n".join(row[0] for row in rows))


def searches(servers: Servers) -> list[Figure]:
    """SearchPersons on a new server."""
    target, dsn = servers.raas(source="local"), servers.dsn(source="local")
    fill(dsn, PERSONS)
    with closing(Through(target, dsn, servers.pid(target))) as through:
        return measure(through, dsn, QUESTIONS)


def main() -> None:
    """Fill a database, measure, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--persons", type=int, default=PERSONS)
    parser.add_argument("--years", type=int, default=YEARS, help="the years in which they are born")
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--target", help="a server whose database holds the persons already")
    parser.add_argument("--dsn", help="the database of that server")
    parser.add_argument("--pid", type=int, help="the process of that server")
    parser.add_argument("--explain", action="store_true", help="print plans instead of figures")
    arguments = parser.parse_args()
    with Servers() as servers:
        target, dsn, pid = arguments.target, arguments.dsn, arguments.pid
        if target is None or dsn is None:
            target, dsn = servers.raas(source="local"), servers.dsn(source="local")
            pid = servers.pid(target)
            fill(dsn, arguments.persons, arguments.years)
        with closing(Through(target, dsn, pid)) as through:
            if arguments.explain:
                explain(through, dsn)
            else:
                print(table(measure(through, dsn, arguments.questions)))


if __name__ == "__main__":
    main()
