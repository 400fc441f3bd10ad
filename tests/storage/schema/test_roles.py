"""The role of the server, where another role owns the tables."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from raas.domain.audit.chain import new_chain, process_chain
from raas.domain.audit.criteria import salted_criteria
from raas.domain.audit.record import Actor, AuditRecord, RecordKind
from raas.storage.audit.log import open_audit_log
from raas.storage.audit.partitions import MONTHS_AHEAD, PostgresAuditPartitions
from raas.storage.audit.store import PostgresAuditStore
from raas.storage.connection.database import open_database
from raas.storage.schema.migration import upgrade
from raas.storage.schema.roles import ERASING_ROLE, ServerRole, grant_rights, server_role
from raas.storage.schema.tables.audit import ERASABLE, INSERT_ONLY
from raas.usecases.ports.audit.chains import follow
from raas.usecases.ports.errors import StoreFault
from tests.conftest import GIVEN_DSN, new_database
from tests.usecases.persons.harness import PersonHarness

pytestmark = pytest.mark.skipif(
    GIVEN_DSN is not None, reason="needs the superuser of the embedded PostgreSQL"
)


class Roles(NamedTuple):
    """The DSNs of a database for the owner of its tables, its server and a superuser."""

    owner: str
    server: str
    superuser: str
    name: str
    """The role of the server."""


@pytest.fixture(scope="module")
async def roles(server_dsn: str) -> AsyncIterator[Roles]:
    """A migrated database whose owner has given the server's role its rights."""
    name = f"server_{uuid4().hex[:8]}"
    with new_database(server_dsn) as dsn:
        url = make_url(dsn)
        superuser = url.set(username="postgres").render_as_string(hide_password=False)
        # The embedded PostgreSQL lets in its own role alone, which then takes on another.
        server = url.update_query_dict({"options": f"-c role={name}"}).render_as_string(hide_password=False)
        with psycopg.connect(superuser, autocommit=True) as connection:
            for role in (name, ERASING_ROLE):
                connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
                connection.execute(
                    sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(url.username or ""))
                )
        migrating = open_database(dsn, limits=None)
        await upgrade(migrating)
        for _ in range(2):
            assert await grant_rights(migrating, ServerRole(name, None))
        await migrating.dispose()
        yield Roles(dsn, server.replace("+", "%20"), superuser, name)
    superuser = make_url(server_dsn).set(username="postgres").render_as_string(hide_password=False)
    with psycopg.connect(superuser, autocommit=True) as connection:
        for role in (name, ERASING_ROLE):
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


async def test_server_with_a_role_of_its_own_writes_and_records(roles: Roles) -> None:
    writing, reading = open_database(roles.server), open_database(roles.server, autocommit=True)
    try:
        harness = PersonHarness(writing, reading)
        register, niss = await harness.register(), await harness.person()
        await harness.inscribe(register, niss, "2024-01-01", "2024-01-31")
        log = await open_audit_log(reading, "raas.example/audit")
        audit, process = PostgresAuditStore(writing, roles.server, log), uuid4()
        state = new_chain(log.origin, process_chain(process))
        criteria = salted_criteria({"last_name": "Peeters"})
        record = AuditRecord(
            RecordKind.BEGIN, time.time_ns() // 1000, Actor(), "raas", "OK", criteria_hash=criteria.hash
        )
        _, (first,) = follow(state, [(record, criteria)])
        await audit.begin(process, first)
        await audit.close()
        assert await PostgresAuditPartitions(reading).add() == MONTHS_AHEAD
    finally:
        await writing.dispose()
        await reading.dispose()


@pytest.mark.parametrize(
    "change", ["UPDATE {} SET log = 7", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"]
)
def test_server_with_a_role_of_its_own_cannot_alter_the_audit(roles: Roles, change: str) -> None:
    with psycopg.connect(roles.server, autocommit=True) as connection:
        partitions = connection.execute(
            "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relname LIKE 'audit%'"
        ).fetchall()
        for table in (*INSERT_ONLY, *ERASABLE, *(name for (name,) in partitions)):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(change.format(table))


def test_server_with_a_role_of_its_own_cannot_give_itself_rights(roles: Roles) -> None:
    with psycopg.connect(roles.server, autocommit=True) as connection:
        # Granted without the right to grant: a warning.
        connection.execute(f"GRANT UPDATE ON audit_call TO {roles.name}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE audit_call SET log = 7")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("ALTER TABLE audit_call OWNER TO CURRENT_USER")


def test_erasing_role_deletes_search_criteria_alone(roles: Roles) -> None:
    erasing = roles.server.replace(f"role%3D{roles.name}", f"role%3D{ERASING_ROLE}")
    assert erasing != roles.server
    with psycopg.connect(erasing, autocommit=True) as connection:
        connection.execute("DELETE FROM audit_criteria")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM audit_call")


async def test_missing_role_is_made_with_a_hashed_password(roles: Roles) -> None:
    name = f"server_{uuid4().hex[:8]}"
    owner, superuser = open_database(roles.owner, limits=None), open_database(roles.superuser, limits=None)
    try:
        with pytest.raises(StoreFault, match="does not exist, and the role that migrates may not create"):
            await grant_rights(owner, ServerRole(name, "a secret"))
        assert await grant_rights(superuser, ServerRole(name, "a secret"))
        with psycopg.connect(roles.superuser, autocommit=True) as connection:
            found = connection.execute(
                "SELECT rolcanlogin, rolsuper, rolpassword FROM pg_authid WHERE rolname = %s", (name,)
            ).fetchone()
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
        assert found is not None
        assert found[:2] == (True, False)
        assert found[2].startswith("SCRAM-SHA-256$")
    finally:
        await owner.dispose()
        await superuser.dispose()


async def test_role_of_the_server_that_owns_or_rules_the_tables_is_refused(roles: Roles) -> None:
    owner = open_database(roles.owner, limits=None)
    try:
        with pytest.raises(StoreFault, match="postgres, is a superuser: it could alter the audit"):
            await grant_rights(owner, ServerRole("postgres", None))
        assert not await grant_rights(owner, server_role(roles.owner))
    finally:
        await owner.dispose()
    with psycopg.connect(roles.superuser, autocommit=True) as connection:
        connection.execute("CREATE ROLE raas_member IN ROLE raas")
    owner = open_database(roles.owner, limits=None)
    try:
        with pytest.raises(StoreFault, match="raas_member, is a member of raas"):
            await grant_rights(owner, ServerRole("raas_member", None))
    finally:
        await owner.dispose()
        with psycopg.connect(roles.superuser, autocommit=True) as connection:
            connection.execute("DROP ROLE raas_member")


def test_server_dsn_without_a_role_is_refused() -> None:
    with pytest.raises(StoreFault, match="name the role of the server in RAAS_DATABASE_URL"):
        server_role("postgresql://db-1/raas")
