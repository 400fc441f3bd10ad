"""The kinds of statements that a sharded PostgreSQL carries out, and what it refuses."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from raas import storage
from raas.storage.connection.database import open_database
from raas.storage.connection.query import fetch, fetch_each
from tests.e2e.servers import clean_environment
from tests.statements.check import NOT_DISTRIBUTED, StatementCheck
from tests.statements.kinds import Kind, Unclassifiable, kind_of

ACCEPTED = [
    (Kind.COMMAND, "BEGIN"),
    (Kind.COMMAND, "SET TRANSACTION READ ONLY"),
    (Kind.COMMAND, "LISTEN raas"),
    (Kind.REFERENCE, "SELECT pg_advisory_xact_lock(1)"),
    (Kind.REFERENCE, "SELECT * FROM person p JOIN register r ON r.id = p.niss"),
    (Kind.REFERENCE, "SELECT k.niss FROM unnest(%(keys)s::text[]) AS asked (key)"
     " CROSS JOIN LATERAL (SELECT niss FROM person_key WHERE key = asked.key) k"),
    (Kind.REFERENCE, "INSERT INTO register (enterprise_number, name) VALUES (%(number)s, 'A')"),
    (Kind.SINGLE_REGISTER, "SELECT revision FROM register_head WHERE register_id = %(register)s FOR UPDATE"),
    (Kind.SINGLE_REGISTER, "SELECT 1 FROM register_head h JOIN dossier d"
     " ON d.register_id = %(register)s::bigint"
     " WHERE h.register_id = %(register)s AND d.revision = h.revision"),
    (Kind.SINGLE_REGISTER, "SELECT d.revision FROM unnest(%(nisses)s::bigint[]) AS key (niss)"
     " LEFT JOIN LATERAL ("
     "SELECT revision FROM dossier WHERE register_id = %(register)s AND niss = key.niss OFFSET 0) d ON true"),
    (Kind.SINGLE_REGISTER, "SELECT t.code FROM dossier d JOIN dossier_type t ON t.id = d.dossier_type_id"
     " WHERE d.register_id = %(register)s"),
    (Kind.SINGLE_REGISTER, "WITH RECURSIVE chain (revision) AS ("
     " SELECT revision FROM dossier WHERE register_id = %(register)s UNION ALL"
     " SELECT m.previous_revision FROM chain JOIN mutation m ON m.revision = chain.revision"
     " WHERE m.register_id = %(register)s) SELECT * FROM chain"),
    (Kind.SINGLE_REGISTER, "INSERT INTO request (register_id, actor, request_id, body_hash, answer)"
     " SELECT %(register)s, * FROM unnest(%(c)s::bigint[], %(i)s::text[], %(h)s::bytea[], %(a)s::bytea[])"),
    (Kind.SINGLE_REGISTER, "DELETE FROM mutation WHERE register_id = %(register)s AND revision < 5"),
    (Kind.SINGLE_REGISTER, "SELECT EXISTS (SELECT FROM request WHERE register_id = 5)"),
    (Kind.SCATTER, "SELECT DISTINCT register_id, niss FROM dossier WHERE niss = ANY(%(nisses)s::bigint[])"),
    (Kind.SCATTER, "SELECT revision FROM register_head WHERE register_id = ANY(%(registers)s::bigint[])"),
    (Kind.SCATTER, "SELECT d.periods FROM unnest(%(r)s::bigint[], %(n)s::bigint[]) AS key (register_id, niss)"
     " JOIN register_head h ON h.register_id = key.register_id"
     " LEFT JOIN dossier d ON d.register_id = h.register_id AND d.niss = key.niss"),
    (Kind.SCATTER, "SELECT r.name, h.revision FROM register r JOIN register_head h ON h.register_id = r.id"),
    (Kind.SCATTER, "SELECT h.revision, page.last, (SELECT max(code) FROM dossier_type"
     " WHERE register_id = h.register_id)"
     " FROM unnest(%(registers)s::bigint[], %(after)s::bigint[]) AS key (register_id, after)"
     " JOIN register_head h ON h.register_id = key.register_id CROSS JOIN LATERAL ("
     "SELECT max(entry.revision) AS last FROM (SELECT m.revision FROM mutation m"
     " LEFT JOIN dossier_type t ON t.id = m.dossier_type_id"
     " WHERE m.register_id = h.register_id AND m.revision > key.after"
     " ORDER BY m.revision LIMIT 5) entry) page"),
    (Kind.SCATTER, "DELETE FROM subscriber WHERE deleted AND connected_until < statement_timestamp()"),
]  # fmt: skip

REFUSED = [
    ("unknown_table", "SELECT * FROM unknown_table"),
    ("cannot be parsed", "SELECT FROM WHERE"),
    ("no distributed table", "SELECT d.* FROM unnest(%(registers)s::bigint[]) AS key (id)"
     " CROSS JOIN LATERAL (SELECT 1 FROM dossier WHERE register_id = key.id OFFSET 0) d"),
    ("set operation", "SELECT niss FROM person UNION SELECT niss FROM dossier"),
    ("outer join keeps", "SELECT r.name FROM register r LEFT JOIN register_head h ON h.register_id = r.id"),
    ("no distributed table", "SELECT r.name FROM register r CROSS JOIN LATERAL ("
     "SELECT max(revision) FROM mutation WHERE register_id = r.id) m"),
    ("mutation m is not joined", "SELECT 1 FROM unnest(%(registers)s::bigint[]) AS key (id)"
     " JOIN register_head h ON h.register_id = key.id CROSS JOIN LATERAL ("
     "SELECT max(m.revision) FROM mutation m WHERE m.register_id = key.id) page"),
    ("no FROM", "SELECT (SELECT to_jsonb(f) FROM (SELECT h.revision, h.log_id) AS f)"
     " FROM register_head h"),
    ("WITH", "SELECT 1 FROM register_head h CROSS JOIN LATERAL (WITH RECURSIVE chain (revision) AS ("
     " SELECT h.revision UNION ALL SELECT m.previous_revision FROM chain JOIN mutation m"
     " ON m.revision = chain.revision WHERE m.register_id = h.register_id) SELECT * FROM chain) chain"),
    ("by subqueries", "DELETE FROM mutation m WHERE revision < (SELECT max(h.oldest_revision)"
     " FROM register_head h WHERE h.register_id = m.register_id)"),
    ("person_key", "SELECT 1 FROM person_key k JOIN dossier d ON d.niss = k.niss WHERE d.register_id = 1"),
    ("names 2 registers", "SELECT 1 FROM register_head h JOIN dossier d ON d.register_id = %(one)s"
     " WHERE h.register_id = %(other)s"),
    ("mutation m is not bound", "SELECT 1 FROM register_head h JOIN mutation m"
     " ON m.register_id = h.register_id WHERE h.register_id = %(register)s FOR UPDATE"),
    ("not joined by register_id", "SELECT 1 FROM register_head h JOIN dossier d ON d.revision = h.revision"),
    ("outer join keeps", "SELECT 1 FROM unnest(%(registers)s::bigint[]) AS key (id)"
     " LEFT JOIN register_head h ON h.register_id = key.id"),
    ("WITH", "WITH key AS (SELECT 1) SELECT 1 FROM key, dossier"),
    ("locks rows", "SELECT 1 FROM register_head ORDER BY register_id FOR UPDATE"),
    ("MERGE", "MERGE INTO dossier d USING person p ON d.niss = p.niss WHEN MATCHED THEN DELETE"),
    ("locks mutation", "LOCK TABLE mutation IN SHARE MODE"),
    ("inserts into several", "INSERT INTO request (register_id, actor)"
     " VALUES (%(one)s, 1), (now()::text::int, 2)"),
    ("pg_advisory", "SELECT pg_advisory_xact_lock(1), revision FROM register_head WHERE register_id = 1"),
    ("clock_timestamp", "UPDATE subscriber SET last_seen_time = clock_timestamp() WHERE register_id = 1"),
    ("clock_timestamp", "INSERT INTO person (niss) VALUES (1)"
     " ON CONFLICT (niss) DO UPDATE SET update_time = clock_timestamp()"),
    ("gen_random_uuid", "UPDATE register_head SET log_id = gen_random_uuid() WHERE register_id = 1"),
    ("reads the WITH query stamp", "WITH stamp AS (SELECT * FROM unnest(%(calls)s::uuid[]) AS s (call_id))"
     " INSERT INTO mutation (register_id, call_id) SELECT %(register)s, s.call_id FROM stamp s"),
    ("ctid", "DELETE FROM content WHERE ctid = ANY(ARRAY(SELECT ctid FROM content LIMIT 5))"),
    ("dossier_share is not bound", "DELETE FROM dossier_share WHERE ctid = ANY(ARRAY("
     "SELECT ctid FROM dossier_share WHERE register_id = 1))"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "statement"), ACCEPTED)
def test_statement_is_of_its_kind(kind: Kind, statement: str) -> None:
    assert kind_of(statement, {}) is kind


@pytest.mark.parametrize(("reason", "statement"), REFUSED)
def test_statement_of_no_kind_is_refused_with_the_reason(reason: str, statement: str) -> None:
    with pytest.raises(Unclassifiable, match=reason):
        kind_of(statement, {})


def test_placeholders_without_a_name_are_one_register_when_their_values_are_equal() -> None:
    statement = "SELECT 1 FROM register_head h, dossier d WHERE h.register_id = %s AND d.register_id = %s"

    assert kind_of(statement, (7, 7)) is Kind.SINGLE_REGISTER
    with pytest.raises(Unclassifiable, match="names 2 registers"):
        kind_of(statement, (7, 8))


def _constants() -> Iterator[tuple[str, str]]:
    """The statements that the modules of the store define, with their names; not the parts of statements."""
    for module in pkgutil.walk_packages(storage.__path__, f"{storage.__name__}."):
        if ".migrations." not in module.name:
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, str) and _BEGIN.match(value) and "{" not in _ARRAYS.sub("", value):
                    yield f"{module.name}.{name}", value


_BEGIN = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|LOCK)\b")
_ARRAYS = re.compile(r"'\{\}'")


@pytest.mark.parametrize("statement", [pytest.param(text, id=name) for name, text in _constants()])
def test_statement_of_the_store_is_of_a_kind(statement: str) -> None:
    assert NOT_DISTRIBUTED in statement or kind_of(statement, {}) in Kind


async def test_statements_of_this_process_are_checked(dsn: str, statement_check: StatementCheck) -> None:
    engine = open_database(dsn, autocommit=True, size=1)
    await fetch(engine, "SELECT relname FROM pg_class LIMIT %(one)s", {"one": 1})
    statement_check.require_classified()
    refused = "SELECT FROM unknown_{} AS t WHERE id = %(one)s"
    for run, statement in ((fetch, refused.format("one")), (fetch_each, refused.format("two"))):
        parameters = {"one": 1}
        with pytest.raises(Exception, match="UndefinedTable"):
            await run(engine, statement, parameters if run is fetch else [parameters, parameters])
        with pytest.raises(pytest.fail.Exception, match=r"unknown_\w+ has no placement"):
            statement_check.require_classified()
    await engine.dispose()


def test_statements_of_started_processes_are_checked(
    server_dsn: str, tmp_path: Path, statement_check: StatementCheck
) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"""
import asyncio, psycopg
async def main():
    async with await psycopg.AsyncConnection.connect({json.dumps(server_dsn)}) as connection:
        await connection.execute("SELECT %s::int", (1,))
        try:
            await connection.execute("SELECT FROM unknown_to_us WHERE id = %s", (1,))
        except psycopg.Error:
            pass
asyncio.run(main())
""")
    subprocess.run([sys.executable, program], env=clean_environment(), check=True)

    with pytest.raises(pytest.fail.Exception, match="unknown_to_us has no placement"):
        statement_check.require_classified()
