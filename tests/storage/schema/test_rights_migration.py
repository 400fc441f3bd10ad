"""The migrations of rights, each on a database of the schema before."""

from __future__ import annotations

from contextlib import closing
from uuid import uuid4

from sqlalchemy import text

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.storage.connection.database import open_database
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.rights.reader import PostgresRightsReader
from raas.storage.rights.store import PostgresRightsStore
from raas.storage.schema.migration import upgrade
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.ports.rights import UNKNOWN_VERSION
from tests.conftest import new_database
from tests.storage.schema.test_migration import upgrade_to

OWNER = EnterpriseNumber(999999922)

_HEAD = "INSERT INTO register_head (register_id, record_time, checksum) VALUES (:register, now(), '')"
_TYPE = """
INSERT INTO dossier_type (register_id, code, partner, identity_changes)
VALUES (:register, 'HEALTH', 206731645, 3)"""


async def test_database_of_schema_0008_has_no_codes_and_no_rights(
    server_dsn: str,
) -> None:
    with new_database(server_dsn) as dsn:
        writing, reading = open_database(dsn, limits=None), open_database(dsn, autocommit=True)
        async with writing.begin() as connection:
            await connection.run_sync(upgrade_to, "0008")
            created = await connection.execute(
                text("INSERT INTO register (enterprise_number, name) VALUES (:owner, 'A name') RETURNING id"),
                {"owner": OWNER},
            )
            given = {"register": created.scalar_one()}
            await connection.execute(text(_HEAD), given)
            await connection.execute(text(_TYPE), given)
        await upgrade(writing)
        register = await PostgresRegisterStore(reading).find(OWNER)
        assert register is not None
        assert (register.name, register.sector, register.institution) == ("A name", None, None)
        types = await PostgresWriteStore(writing).dossier_types(register.id)
        _, dossier_type = types.by_code["HEALTH"]
        assert dossier_type.partner == 206731645
        assert (dossier_type.partner_sector, dossier_type.partner_institution) == (None, None)
        with closing(PostgresRightsReader(dsn)) as reader:
            update = await reader.read(UNKNOWN_VERSION)
        assert (update.version, list(update.rows)) == (0, [])
        await writing.dispose()
        await reading.dispose()


async def test_database_of_schema_0015_keeps_its_rights_and_has_no_authorisations(server_dsn: str) -> None:
    with new_database(server_dsn) as dsn:
        writing, reading = open_database(dsn, limits=None), open_database(dsn, autocommit=True)
        store = PostgresRightsStore(writing, reading)
        async with writing.begin() as connection:
            await connection.run_sync(upgrade_to, "0015")
        async with store.change() as transaction:
            block = CredentialBlock(
                uuid4(), BlockedBy.APPLICATION, "urn:app", "lost", OWNER, transaction.time
            )
            await transaction.put(block)
        await upgrade(writing)
        with closing(PostgresRightsReader(dsn)) as reader:
            update = await reader.read(UNKNOWN_VERSION)
        assert (update.version, list(update.rows)) == (1, [block])
        assert await store.authorisations(None, None, None, None, 10) == []
        await writing.dispose()
        await reading.dispose()


async def test_database_of_schema_0017_keeps_its_rights_and_has_no_admissions(server_dsn: str) -> None:
    with new_database(server_dsn) as dsn:
        writing, reading = open_database(dsn, limits=None), open_database(dsn, autocommit=True)
        store = PostgresRightsStore(writing, reading)
        async with writing.begin() as connection:
            await connection.run_sync(upgrade_to, "0017")
        async with store.change() as transaction:
            block = CredentialBlock(
                uuid4(), BlockedBy.APPLICATION, "urn:app", "lost", OWNER, transaction.time
            )
            await transaction.put(block)
        await upgrade(writing)
        with closing(PostgresRightsReader(dsn)) as reader:
            update = await reader.read(UNKNOWN_VERSION)
        assert (update.version, list(update.rows)) == (1, [block])
        assert await store.admissions(None, None, None, 10) == []
        await writing.dispose()
        await reading.dispose()
