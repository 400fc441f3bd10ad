"""Lookups use indexes, also with plans that were made while the tables were empty."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator
from typing import cast

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.database import open_database
from raas.storage.connection.lease import Connection
from raas.storage.connection.query import fetch
from raas.storage.log import reader
from raas.storage.persons import local_source, rows
from raas.storage.reads import logged_numbers, lookups, transitions
from raas.storage.schema.migration import upgrade
from raas.storage.writes import load
from tests.conftest import new_database
from tests.statements.check import NOT_DISTRIBUTED
from tests.storage.reads.test_plans import assert_by_index, plan, touched

KNOWN, ASKED = 20_000, 50

_FILL = (
    f"""INSERT INTO person (niss, register_of_origin, status, version)
    SELECT g, 1, 1, 1 FROM generate_series(1, {KNOWN}) g""",
    f"""INSERT INTO dossier
    SELECT 1, g, 1, '{{[2020-01-01,2021-01-01)}}', g FROM generate_series(1, {KNOWN}) g""",
    f"""INSERT INTO dossier_share
    SELECT 1, g, 1, g, '{{[2020-01-01,2021-01-01)}}', '{{}}' FROM generate_series(1, {KNOWN}) g""",
    f"""INSERT INTO request (register_id, caller, request_id, body_hash, answer)
    SELECT 1, g::text, '1', '', '' FROM generate_series(1, {KNOWN}) g""",
    f"""INSERT INTO mutation (register_id, revision, batch_last_revision, previous_revision, kind, niss,
                          dossier_type_id, before, after, record_time, actor, call_id, checksum)
    SELECT 1, g, g, greatest(g - 50, 0), 1, g, 1, '{{}}', '{{[2020-01-01,2021-01-01)}}', now(), 1,
           '00000000-0000-4000-8000-000000000001', '' FROM generate_series(1, {KNOWN}) g""",
    "INSERT INTO register OVERRIDING SYSTEM VALUE SELECT 1, 999999922, '', now()",
    f"""INSERT INTO register_head
    SELECT g, gen_random_uuid(), {KNOWN}, 0, now(), 0, {KNOWN}, '' FROM generate_series(1, {KNOWN}) g""",
    f"""INSERT INTO dossier
    SELECT r, 7 * r, 1, '{{[2020-01-01,2021-01-01)}}', 1 FROM generate_series(2, {ASKED}) r""",
)
NUMBERS = "{" + ",".join(str(7 * number) for number in range(1, ASKED + 1)) + "}"
TYPES = "{" + ",".join(["1"] * ASKED) + "}"
EACH = "{" + ",".join(["1"] * ASKED) + "}"
LITERALS = {
    # By name, or by type if they have no name.
    "::bigint[]": NUMBERS,
    "::int[]": TYPES,
    "::text[]": EACH,
    "": "1",
    "nisses": NUMBERS,
    "registers": EACH,
    "each_register": "{1}",
    "after_of_several": EACH,
    "registers_of_one_number": "{" + ",".join(map(str, range(1, ASKED + 1))) + "}",
    "register": "1",
    "after": "{1}",
    "at": "1",
    "revisions": EACH,
    "ats": EACH,
    "day": "2020-06-01",
    "steps": "1000",
}
_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?s((?:::\w+\[\])?)")

_PAGES = (
    reader._PAGES.format(conditions="")
    .replace("%(revisions)s", str(2 * ASKED))
    .replace("%(entries)s", str(ASKED))
)

STATEMENTS = {
    "load.LOAD_DOSSIERS": load._LOAD_DOSSIERS,
    "load.LOAD_FINAL_DOSSIERS": load._LOAD_FINAL_DOSSIERS,
    "load.LOAD_SHARES": load._LOAD_SHARES,
    "load.LOAD_PERSONS": load._LOAD_PERSONS,
    "local_source.STATES": local_source._STATES,
    "rows.READ_FINALS": rows.READ_FINALS,
    "load.LOAD_REQUESTS": load._LOAD_REQUESTS,
    "reader.PAGES of one register": _PAGES.replace("%(registers)s", "%(each_register)s"),
    "reader.PAGES of several": _PAGES.replace("%(registers)s", "%(registers_of_one_number)s").replace(
        "%(after)s", "%(after_of_several)s"
    ),
    "lookups.OF_ONE": lookups._OF_ONE,
    "lookups.OF_SEVERAL, the same register": lookups._OF_SEVERAL,
    "lookups.OF_SEVERAL, a register for each number": lookups._OF_SEVERAL.replace(
        "%(registers)s", "%(registers_of_one_number)s"
    ).replace("%(each_register)s", "%(registers_of_one_number)s"),
    "lookups.EARLIER": lookups.earlier_statement(hiding=True),
    "lookups.EARLIER for an auditor": lookups.earlier_statement(hiding=False),
    "logged_numbers.LOGGED": logged_numbers.logged_statement(None),
    "transitions.WALK": transitions.walk_statement(hiding=True),
}


@pytest.fixture(scope="module", params=["force_generic_plan", "force_custom_plan"])
async def planned(request: pytest.FixtureRequest, server_dsn: str) -> AsyncIterator[AsyncEngine]:
    """A database whose tables were filled after every statement was planned and run once."""
    with new_database(server_dsn) as dsn:
        writing = open_database(dsn, limits=None)
        await upgrade(writing)
        await writing.dispose()
        engine = open_database(dsn, size=1, autocommit=True)
        await fetch(engine, f"SELECT set_config('plan_cache_mode', '{request.param}', false)", {})
        for name, statement in STATEMENTS.items():
            await _do(engine, f'PREPARE "{name}" AS {_numbered(statement)}')
            await _do(engine, _execute(name))
        for fill in _FILL:
            # The tables are not analyzed afterwards, so the planner keeps its estimates.
            await _do(engine, f"{fill} -- {NOT_DISTRIBUTED}")
        yield engine
        await engine.dispose()


@pytest.mark.parametrize("name", STATEMENTS)
async def test_plan_made_on_an_empty_table_suits_a_full_one(planned: AsyncEngine, name: str) -> None:
    nodes = await plan(planned, _execute(name), {})

    assert_by_index(nodes)
    assert ASKED <= touched(nodes) <= 10 * ASKED


def _execute(name: str) -> str:
    literals = [LITERALS[parameter or kind] for parameter, kind in _PLACEHOLDER.findall(STATEMENTS[name])]
    quoted = ", ".join(f"'{literal}'" for literal in literals)
    return f'EXECUTE "{name}" ({quoted})'


def _numbered(statement: str) -> str:
    """The statement as PREPARE takes it: $1, $2 for its parameters, in order."""
    numbers = itertools.count(1)
    return _PLACEHOLDER.sub(lambda found: f"${next(numbers)}{found[2]}", statement)


async def _do(engine: AsyncEngine, statement: str) -> None:
    """Run a statement that returns no rows."""
    pooled = await engine.raw_connection()
    connection = cast(Connection, pooled.driver_connection)
    await connection.execute(statement)
    pooled.close()
