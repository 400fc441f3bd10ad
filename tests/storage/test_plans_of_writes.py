"""What a write loads is looked up by index, also by plans that were made while the tables were empty."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator
from typing import cast

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage import lane_loading, local_source, person_rows
from raas.storage.database import open_database
from raas.storage.fetching import fetch
from raas.storage.migration import upgrade
from raas.storage.transactions import Connection
from tests.conftest import new_database
from tests.storage.test_plans import assert_by_index, plan, touched

KNOWN, ASKED = 20_000, 50

_FILL = (
    f"""INSERT INTO person (niss, register_of_origin, status, version)
    SELECT g, 1, 1, 1 FROM generate_series(1, {KNOWN}) g""",
    f"""INSERT INTO dossier
    SELECT 1, g, 1, '{{[2020-01-01,2021-01-01)}}', g FROM generate_series(1, {KNOWN}) g""",
    f"""INSERT INTO dossier_share
    SELECT 1, g, 1, g, '{{[2020-01-01,2021-01-01)}}', '{{}}' FROM generate_series(1, {KNOWN}) g""",
)
NUMBERS = "{" + ",".join(str(7 * number) for number in range(1, ASKED + 1)) + "}"
TYPES = "{" + ",".join(["1"] * ASKED) + "}"
LITERALS = {"::bigint[]": NUMBERS, "::int[]": TYPES, "": "1"}
_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?s((?:::\w+\[\])?)")


@pytest.fixture
async def empty(server_dsn: str) -> AsyncIterator[AsyncEngine]:
    """A database of its own, empty, with one connection for readers."""
    with new_database(server_dsn) as dsn:
        writing = open_database(dsn)
        await upgrade(writing)
        await writing.dispose()
        engine = open_database(dsn, size=1, autocommit=True)
        yield engine
        await engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        lane_loading._LOAD_DOSSIERS,
        lane_loading._LOAD_FINAL_DOSSIERS,
        lane_loading._LOAD_SHARES,
        lane_loading._LOAD_PERSONS,
        local_source._STATES,
        person_rows.READ_FINALS,
    ],
)
@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_a_plan_of_an_empty_table_is_right_for_a_full_one(
    empty: AsyncEngine, statement: str, mode: str
) -> None:
    literals = [LITERALS[cast] for cast in _PLACEHOLDER.findall(statement)]
    numbered = _numbered(statement)
    await fetch(empty, f"SELECT set_config('plan_cache_mode', '{mode}', false)", {})
    arguments = ", ".join(f"'{literal}'" for literal in literals)
    await _do(empty, f"PREPARE load AS {numbered}")
    await fetch(empty, f"EXECUTE load ({arguments})", {})
    for fill in _FILL:
        # Nobody has looked at the tables since: the planner thinks of them as it did.
        await _do(empty, fill)

    nodes = await plan(empty, f"EXECUTE load ({arguments})", {})

    assert_by_index(nodes)
    assert ASKED <= touched(nodes) <= 2 * ASKED


def _numbered(statement: str) -> str:
    """The statement as PREPARE takes it: $1, $2 for its parameters, in order."""
    numbers = itertools.count(1)
    return _PLACEHOLDER.sub(lambda found: f"${next(numbers)}{found[1]}", statement)


async def _do(engine: AsyncEngine, statement: str) -> None:
    """Run what answers no rows."""
    pooled = await engine.raw_connection()
    connection = cast(Connection, pooled.driver_connection)
    await connection.execute(statement)
    pooled.close()
