"""Reads use indexes on large tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Period
from raas.domain.numbers.niss import Niss
from raas.storage.connection.database import open_database
from raas.storage.connection.query import fetch
from raas.storage.log import reader
from raas.storage.reads import history, holders, instants, logged_numbers, lookups, transitions
from raas.storage.reads.window_sql import PagePart, page_parameters, page_statement
from raas.usecases.ports.read_store import DossierFilter
from tests.conftest import PLANS_OF_PLAIN_SERVER
from tests.engines import patient_engine
from tests.storage.seed import FIRST_DAY, Book, new_book

pytestmark = PLANS_OF_PLAIN_SERVER

REGISTERS = "register", "register_head"

FIRST, MIDDLE = Niss(10_000_000_000), Niss(10_000_010_000)

_FILL = """
INSERT INTO dossier SELECT :register, :first + g, :type, '{[2020-01-01,2021-01-01)}', g + 1
FROM generate_series(0, 19999) g"""
_LOG = """
INSERT INTO mutation (register_id, revision, batch_last_revision, previous_revision, kind, niss,
                      dossier_type_id, before, after, record_time, actor, call_id, checksum)
SELECT :register, g + 1, g + 1, 0, 1, :first + g, :type, '{}', '{[2020-01-01,2021-01-01)}',
       timestamptz '2024-01-01' + g * interval '1 s', 1, '00000000-0000-4000-8000-000000000001', ''
FROM generate_series(0, 19999) g"""


@pytest.fixture(scope="module")
async def book(engine: AsyncEngine, dsn: str) -> Book:
    """20,000 dossiers beside 20,000 of another register."""
    async with patient_engine(dsn) as patient:
        for _ in range(2):
            book = await new_book(engine, "A", "B")
            async with patient.begin() as connection:
                parameters = {"register": book.id, "first": FIRST, "type": book.types["A"]}
                await connection.execute(text(_FILL), parameters)
                await connection.execute(text(_LOG), parameters)
                await connection.execute(
                    text("UPDATE register_head SET revision = 20000 WHERE register_id = :register"),
                    parameters,
                )
        async with patient.connect() as connection:
            outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await outside.execute(text("ANALYZE"))
    return book


async def plan(engine: AsyncEngine, statement: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nodes of the executed plan."""
    ((explained,),) = await fetch(engine, f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
    return list(_nodes((json.loads(explained) if isinstance(explained, str) else explained)[0]["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def touched(nodes: list[dict[str, Any]]) -> int:
    """The largest number of rows that a node of the plan produced or discarded."""
    return max(
        int(
            node["Actual Rows"]
            + sum(node.get(f"Rows Removed by {by}", 0) for by in ("Filter", "Join Filter"))
        )
        * max(int(node["Actual Loops"]), 1)
        for node in nodes
    )


def assert_by_index(nodes: list[dict[str, Any]]) -> None:
    tables = [node for node in nodes if "Relation Name" in node]
    assert {node["Node Type"] for node in tables} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
    # A bitmap heap scan gets its rows from an index scan, which has the condition.
    tables = [node for node in tables if node["Node Type"] != "Bitmap Heap Scan"]
    tables += [node | {"Relation Name": ""} for node in nodes if node["Node Type"] == "Bitmap Index Scan"]
    whole = [
        f"{node['Relation Name']} by {node['Index Name']}" for node in tables if "Index Cond" not in node
    ]
    assert whole == []


def assert_walks_primary_key(nodes: list[dict[str, Any]]) -> None:
    assert_by_index(nodes)
    walks = [node for node in nodes if node.get("Index Name", "").startswith("dossier_")]
    walks = [node for node in walks if not node["Index Name"].startswith("dossier_type")]
    assert walks
    for walk in walks:
        assert walk["Index Name"] == "dossier_pkey"
        assert "register_id = " in walk["Index Cond"]
        assert "niss " in walk["Index Cond"]


@pytest.mark.parametrize("at", [None, 15_000])
@pytest.mark.parametrize(
    "which",
    [
        DossierFilter(),
        DossierFilter(dossier_types=("A",)),
        DossierFilter(dossier_types=("B",)),
        DossierFilter(active_on=FIRST_DAY),
        DossierFilter(active_on=1),
        DossierFilter(overlaps=Period(1, 2)),
        DossierFilter(ends_between=Period(FIRST_DAY, FIRST_DAY + 366)),
        DossierFilter(ends_between=Period(1, 2)),
    ],
)
async def test_page_walks_the_primary_key_within_its_window(
    reading_engine: AsyncEngine, book: Book, which: DossierFilter, at: int | None
) -> None:
    part = PagePart(MIDDLE, "A", 101, 1_000)
    parameters = page_parameters(book.id, which, at, part)
    nodes = await plan(reading_engine, page_statement(which, at, hiding=True), parameters)
    assert_walks_primary_key(nodes)
    # Twice the window where a dossier meets each of the two types.
    assert touched(nodes) <= 2_002


async def test_numbers_are_looked_up_in_the_primary_key(reading_engine: AsyncEngine, book: Book) -> None:
    which = DossierFilter(tuple(Niss(FIRST + 20 * i) for i in range(1_000)))
    parameters = page_parameters(book.id, which, None, PagePart(Niss(0), "", 1_001, 0))
    nodes = await plan(reading_engine, page_statement(which, None, hiding=True), parameters)
    assert_walks_primary_key(nodes)
    assert touched(nodes) <= 2_002


@pytest.mark.parametrize("prepared", [False, True])
async def test_one_person_is_looked_up_in_the_primary_key(dsn: str, book: Book, prepared: bool) -> None:
    mode = "force_generic_plan" if prepared else "force_custom_plan"
    parameters = {
        "register": book.id,
        "registers": f"{{{book.id}}}",
        "each_register": f"{{{book.id}}}",
        "nisses": f"{{{MIDDLE}}}",
        "revisions": "{15000}",
    }
    engine = open_database(dsn, autocommit=True, size=1)
    await fetch(engine, f"SELECT set_config('plan_cache_mode', '{mode}', false)", {})
    for statement in (lookups._OF_ONE, lookups._OF_SEVERAL, lookups.earlier_statement(hiding=True)):
        nodes = await plan(engine, statement, parameters)
        assert_walks_primary_key(nodes)
        assert touched(nodes) <= 3
    await engine.dispose()


async def test_history_times_and_holders_are_found_by_index(reading_engine: AsyncEngine, book: Book) -> None:
    parameters = {
        "register": book.id,
        "nisses": f"{{{MIDDLE}}}",
        "code": None,
        "after": 0,
        "limit": 101,
        "bytes": 1_000_000,
    }
    nodes = await plan(reading_engine, history.history_statement(None), parameters)
    assert_by_index(nodes)
    assert touched(nodes) <= 3
    time = {"register": book.id, "instant": "2024-01-01 03:00:00+00"}
    nodes = await plan(reading_engine, instants._SEARCH, time)
    assert_by_index(nodes)
    assert touched(nodes) <= 20
    nodes = await plan(reading_engine, holders._HOLDERS, {"nisses": f"{{{MIDDLE}}}"})
    assert_by_index([node for node in nodes if node.get("Relation Name") not in REGISTERS])
    assert {"dossier_niss"} <= {node.get("Index Name") for node in nodes}
    numbers = {"register": book.id, "after": MIDDLE, "limit": 100}
    nodes = await plan(reading_engine, holders._NUMBERS, numbers)
    assert_walks_primary_key(nodes)
    assert touched(nodes) <= 101


async def test_explanations_walk_one_dossier_after_the_other_by_index(
    reading_engine: AsyncEngine, book: Book
) -> None:
    dossiers = {"register": book.id, "nisses": f"{{{MIDDLE}}}", "code": "A", "day": "2020-06-01"}
    nodes = await plan(reading_engine, transitions.chains_statement(None), dossiers)
    assert_by_index([node for node in nodes if node.get("Relation Name") not in (*REGISTERS, "dossier_type")])
    assert touched([node for node in nodes if node.get("Relation Name") == "dossier"]) <= 1
    walk = {
        "register": book.id,
        "revisions": "{10001,15001,20000}",
        "ats": "{10001,20000,20000}",
        "day": "2020-06-01",
        "steps": 500,
    }
    nodes = await plan(reading_engine, transitions.walk_statement(hiding=True), walk)
    assert_by_index([node for node in nodes if node.get("Relation Name") not in REGISTERS])
    assert touched(nodes) <= 3
    then = {"register": book.id, "nisses": f"{{{MIDDLE}}}", "at": 15_000}
    nodes = await plan(reading_engine, logged_numbers.logged_statement(None), then)
    assert_by_index([node for node in nodes if node.get("Relation Name") not in REGISTERS])
    assert touched(nodes) <= 3


async def test_reads_within_some_types_touch_no_more_dossiers_and_mutations(
    reading_engine: AsyncEngine, book: Book
) -> None:
    within = frozenset({"A"})
    shared = {"register": book.id, "nisses": f"{{{MIDDLE}}}", "within": ["A"]}
    history_of = {**shared, "code": None, "after": 0, "limit": 101, "bytes": 1_000_000}
    for statement, parameters in (
        (history.history_statement(within), history_of),
        (transitions.chains_statement(within), {**shared, "code": None, "day": "2020-06-01"}),
        (logged_numbers.logged_statement(within), {**shared, "at": 15_000}),
    ):
        nodes = await plan(reading_engine, statement, parameters)
        read = [node for node in nodes if node.get("Relation Name") in ("dossier", "mutation")]
        assert_by_index(read)
        assert touched(read) <= 3


async def test_contents_are_looked_up_only_for_mutations_that_have_one(
    reading_engine: AsyncEngine, book: Book
) -> None:
    page = {"registers": [book.id], "after": [10_000], "revisions": 1_000, "entries": 1_000}
    statement = reader._pages_statement(of_types="", of_kinds=False, of_nisses=False)
    nodes = await plan(reading_engine, statement, page)
    contents = [node for node in nodes if node.get("Relation Name") == "content"]
    assert [node["Actual Loops"] for node in contents] == [0] * len(contents) != []
    assert touched([node for node in nodes if node.get("Relation Name") == "mutation"]) <= 1_000
