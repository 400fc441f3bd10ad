"""Migrations make the schema of the code, once, and record themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas import storage
from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.names.phonetics import search_keys
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.domain.search.person_search import PersonQuery
from raas.storage.connection.database import open_database
from raas.storage.persons.niss_history import PostgresNissHistory
from raas.storage.persons.store import PostgresPersonStore
from raas.storage.schema.migration import known_changes, schema_version, upgrade
from raas.storage.schema.tables import metadata
from raas.storage.schema.tables.service import schema_change
from raas.storage.schema.version import SchemaChange, SchemaVersion
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.niss_history import ReadAs
from tests.conftest import new_database


@asynccontextmanager
async def new_engine(server_dsn: str) -> AsyncIterator[AsyncEngine]:
    with new_database(server_dsn) as dsn:
        engine = open_database(dsn, limits=None)
        try:
            yield engine
        finally:
            await engine.dispose()


@pytest.fixture
async def empty(server_dsn: str) -> AsyncIterator[AsyncEngine]:
    async with new_engine(server_dsn) as engine:
        yield engine


async def test_migrations_make_the_schema_of_the_code(empty: AsyncEngine) -> None:
    await upgrade(empty)

    def differences(connection: Connection) -> list[object]:
        partitions = set(connection.execute(text(_PARTITIONS)).scalars())
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, type_, _: type_ != "table" or name not in partitions,
        }
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with empty.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_storage_settings_and_identities_are_those_of_the_code(
    empty: AsyncEngine, server_dsn: str
) -> None:
    # Alembic does not compare fill factors, identity columns, collations and predicates of indexes.
    await upgrade(empty)
    async with new_engine(server_dsn) as written:
        async with written.begin() as connection:
            await connection.run_sync(metadata.create_all)
        assert await _catalogue(empty) == await _catalogue(written)


async def test_upgrade_brings_an_empty_database_to_the_needed_version(empty: AsyncEngine) -> None:
    found = await schema_version(empty)
    assert not found.is_usable
    assert found == SchemaVersion(None, found.needed, missing=tuple(known_changes()))
    assert await upgrade(empty) == found
    assert await schema_version(empty) == SchemaVersion(found.needed, found.needed)
    assert await upgrade(empty) == SchemaVersion(found.needed, found.needed)


async def test_concurrent_upgrades_migrate_once(empty: AsyncEngine) -> None:
    needed = (await schema_version(empty)).needed
    found = await asyncio.gather(*(upgrade(empty) for _ in range(5)))
    assert sorted(str(version.current) for version in found) == [*[needed] * 4, "None"]
    assert (await schema_version(empty)).is_needed


async def test_failed_migration_leaves_nothing_behind(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        # Conflicts with a table that is not the first one to be created.
        await connection.execute(text("CREATE TABLE secret (name text)"))
    with pytest.raises(Exception, match="DuplicateTable"):
        await upgrade(empty)
    assert (await schema_version(empty)).current is None
    async with empty.begin() as connection:
        tables = await connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        )
        assert tables.scalars().all() == ["secret"]
        await connection.execute(text("DROP TABLE secret"))
    await upgrade(empty)
    assert (await schema_version(empty)).is_needed


def upgrade_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).parent / "schema" / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def test_persons_of_schema_0003_are_found_after_the_upgrade(empty: AsyncEngine) -> None:
    niss, born = 85673003360, parse_incomplete_date("1985-07-30")

    async with empty.begin() as connection:
        await connection.run_sync(upgrade_to, "0003")
        await connection.execute(
            text("""INSERT INTO person (niss, register_of_origin, status, version, last_name, first_names,
                                        birth_date, birth_first, search_keys, birth_code)
                    VALUES (:niss, 1, 1, 1, 'Vandenberghe', '{Pieter}', '1985-07-30', '1985-07-30', '{OLD}',
                            19850730), (:niss + 1, 1, 1, 1, NULL, '{}', NULL, NULL, '{}', 0)"""),
            {"niss": niss},
        )
        await connection.execute(text("INSERT INTO person_key VALUES ('OLD', 19850730, :n)"), {"n": niss})
    await upgrade(empty)
    for asked, wide in (("Van den Berghe", 0), ("Van den Berghe", 300)):
        query = PersonQuery(asked, born, wide, ("Peter",))
        found, more = await PostgresPersonStore(empty, empty).find(query.probe(), 10)
        assert ([each.niss for each in found], more) == ([niss], False)
    async with empty.connect() as connection:
        keys = (await connection.execute(text("SELECT key, niss FROM person_key ORDER BY key"))).all()
    assert [tuple(row) for row in keys] == [(key, niss) for key in search_keys("Vandenberghe")]


async def test_search_by_day_works_before_and_after_its_index_exists(empty: AsyncEngine) -> None:
    born = parse_incomplete_date("1985-07-30")
    probe = PersonQuery("Vandenberghe", born, 0, ("Pieter",)).day_probe()
    assert probe is not None

    async def found() -> list[Niss]:
        records, more = await PostgresPersonStore(empty, empty).find(probe, 10)
        assert not more
        return [each.niss for each in records]

    async with empty.begin() as connection:
        await connection.run_sync(upgrade_to, "0012")
        await connection.execute(
            text("""INSERT INTO person (niss, register_of_origin, status, version, last_name, first_names,
                                        birth_date, birth_first, birth_code, given_signature)
                    VALUES (85673003360, 1, 1, 1, 'Vandenberghe', '{Pieter}', '1985-07-30', '1985-07-30',
                            19850730, 1), (85673003459, 1, 1, 1, NULL, '{}', NULL, NULL, 0, 0)""")
        )
    assert await found() == [85673003360]
    await upgrade(empty)
    assert await found() == [85673003360]
    async with empty.connect() as connection:
        indexes = await connection.execute(
            text("SELECT indexname FROM pg_indexes WHERE tablename = 'person'")
        )
    assert "person_birth" in {name for (name,) in indexes}


@asynccontextmanager
async def new_engines(server_dsn: str) -> AsyncIterator[tuple[AsyncEngine, AsyncEngine]]:
    """An engine for writers and one for readers, on an empty database."""
    with new_database(server_dsn) as dsn:
        engines = open_database(dsn, limits=None), open_database(dsn, autocommit=True)
        try:
            yield engines
        finally:
            for engine in engines:
                await engine.dispose()


async def test_statuses_of_schema_0005_are_known_from_the_upgrade_on(server_dsn: str) -> None:
    old, new, unknown = Niss(85673003360), Niss(85673003459), Niss(85673003558)
    async with new_engines(server_dsn) as (writing, reading):
        async with writing.begin() as connection:
            await connection.run_sync(upgrade_to, "0005")
            await connection.execute(
                text("""INSERT INTO person (niss, register_of_origin, status, version, replaced_by, successor)
                        VALUES (:old, 3, 2, 1, :new, :new), (:new, 3, 1, 1, NULL, NULL)"""),
                {"old": old, "new": new},
            )
        before = datetime.now(UTC)
        await upgrade(writing)
        history = PostgresNissHistory(reading)
        assert await history.at_instant([old, new, unknown], before) == {}
        assert await history.at_instant([old, new, unknown], datetime.now(UTC)) == {
            old: ReadAs(new, PersonStatus.ACTIVE),
            new: ReadAs(new, PersonStatus.ACTIVE),
            unknown: ReadAs(unknown, None),
        }


async def test_register_far_ahead_of_the_clock_does_not_delay_the_history(server_dsn: str) -> None:
    async with new_engines(server_dsn) as (writing, _):
        async with writing.begin() as connection:
            await connection.run_sync(upgrade_to, "0005")
            inserted = await connection.execute(
                text("""INSERT INTO register (enterprise_number, name, log_id, checksum, record_time)
                        VALUES (999999922, 'Ahead', gen_random_uuid(), '', now() + interval '1 year'),
                               (999999724, 'Near', gen_random_uuid(), '', now() + interval '55 s')
                        RETURNING record_time""")
            )
            _, near = inserted.scalars().all()
        await upgrade(writing)
        async with writing.connect() as connection:
            begins = await connection.scalar(text("SELECT begin_time FROM niss_status_bounds"))
    assert begins == near


async def test_history_of_a_new_database_has_no_beginning(server_dsn: str) -> None:
    async with new_engines(server_dsn) as (writing, reading):
        await upgrade(writing)
        niss = Niss(85673003360)
        then = await PostgresNissHistory(reading).at_instant([niss], datetime(2000, 1, 1, tzinfo=UTC))
        assert then == {niss: ReadAs(niss, None)}


async def migrate_further(engine: AsyncEngine, *changes: SchemaChange) -> None:
    """Leave the database as later versions of RaaS do that bring these migrations."""
    async with engine.begin() as connection:
        for change in changes:
            values = {"revision": change.revision, "release": change.release, "expansion": change.expansion}
            await connection.execute(insert(schema_change).values(values))
            await connection.execute(text("UPDATE alembic_version SET version_num = :revision"), values)


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        ([SchemaChange("x1", "999", True)], True),
        ([SchemaChange("x1", "999", True), SchemaChange("x2", "999", True)], True),
        ([SchemaChange("x1", "999", False)], False),
        ([SchemaChange("x1", "999", True), SchemaChange("x2", "999", False)], False),
        ([SchemaChange("x1", "999", True), SchemaChange("x2", "1000", True)], False),
    ],
)
async def test_newer_schema_is_usable_after_expansions_of_one_release(
    empty: AsyncEngine, changes: list[SchemaChange], usable: bool
) -> None:
    await upgrade(empty)
    await migrate_further(empty, *changes)
    found = await schema_version(empty)
    assert (found.current, found.is_newer, found.is_usable) == (changes[-1].revision, True, usable)
    if usable:
        assert await upgrade(empty) == found
    else:
        with pytest.raises(StoreFault, match="start the version of RaaS that migrated the database"):
            await upgrade(empty)
    assert await schema_version(empty) == found


async def test_schema_of_an_unknown_history_is_not_usable(empty: AsyncEngine) -> None:
    await upgrade(empty)
    async with empty.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'somewhere else'"))
    found = await schema_version(empty)
    assert (found.is_newer, found.is_usable) == (True, False)


async def test_every_migration_is_recorded_as_it_declares_itself(empty: AsyncEngine) -> None:
    await upgrade(empty)
    async with empty.connect() as connection:
        columns = schema_change.c
        rows = await connection.execute(
            select(columns.revision, columns.release, columns.expansion).order_by(columns.revision)
        )
        assert [SchemaChange(*row) for row in rows] == known_changes()


# Partitions are like their tables; a function makes them (storage/audit/test_partitions.py).
_PARTITIONS = "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"


async def _catalogue(engine: AsyncEngine) -> list[object]:
    statements = (
        """SELECT relname, relkind, reloptions FROM pg_class
           WHERE relnamespace = current_schema()::regnamespace AND NOT relispartition
             AND relname NOT LIKE 'alembic%' ORDER BY 1""",
        f"""SELECT table_name, column_name, is_identity, identity_generation, collation_name, column_default,
                  is_nullable, udt_name
           FROM information_schema.columns
           WHERE table_schema = current_schema() AND table_name NOT LIKE 'alembic%'
             AND table_name NOT IN ({_PARTITIONS}) ORDER BY 1, 2""",
        f"""SELECT indexdef FROM pg_indexes
           WHERE schemaname = current_schema() AND tablename NOT LIKE 'alembic%'
             AND tablename NOT IN ({_PARTITIONS}) ORDER BY 1""",
    )
    async with engine.connect() as connection:
        return [(await connection.execute(text(statement))).all() for statement in statements]
