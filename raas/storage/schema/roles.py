"""The rights of the server's role, where another role owns the tables and migrates them.

The server may do everything with ordinary tables. Those of the audit it may only read and add rows to, so
that neither a fault of the server nor its password is enough to alter them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.lease import Connection, on_connection
from raas.storage.schema.tables import metadata
from raas.storage.schema.tables.audit import ERASABLE, INSERT_ONLY
from raas.usecases.ports.errors import StoreFault

ERASING_ROLE = "raas_erasure"
"""The role, without login, whose members may delete the search criteria beside audit records."""

READ_ONLY = ("alembic_version", "schema_change")
_ALL_ROWS = ("SELECT", "INSERT", "UPDATE", "DELETE")
_NEW_ROWS = ("SELECT", "INSERT")
_CHANGES = ("UPDATE", "DELETE", "TRUNCATE")

_LOCK = "SELECT pg_advisory_xact_lock(491260048132)"
_ROLE = "SELECT rolsuper FROM pg_roles WHERE rolname = %s"
_CURRENT = """
SELECT current_user, (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user)"""
_MEMBER = "SELECT pg_has_role(%s, current_user, 'MEMBER')"


@dataclass(frozen=True, slots=True)
class ServerRole:
    """The role with which servers connect, and the password with which to make it if it does not exist."""

    name: str
    password: str | None


def server_role(dsn: str) -> ServerRole:
    """The role in the DSN of the server. Raises StoreFault where the DSN names none."""
    given = conninfo_to_dict(dsn)
    name, password = given.get("user"), given.get("password")
    if not name:
        raise StoreFault("name the role of the server in RAAS_DATABASE_URL: postgresql://ROLE@host/database")
    return ServerRole(str(name), None if password is None else str(password))


async def grant_rights(engine: AsyncEngine, server: ServerRole) -> bool:
    """Give the server's role its rights on all tables, and make it and the erasing role if need be.

    Answers False where the server's role is the one that migrates: it owns the tables and has, of the rights
    on the audit, only those that it has not taken from itself. `engine` connects as the owner of the tables
    and is one for transactions. Raises StoreFault, with a sentence for the operator; StoreUnavailable.
    """

    async def work(connection: Connection) -> bool:
        await connection.execute(_LOCK)
        row = await (await connection.execute(_CURRENT)).fetchone()
        assert row is not None
        owner, may_create = row
        if owner == server.name:
            return False
        await _require_role(connection, server.name, server.password, may_create=may_create)
        await _refuse_powerful(connection, server.name, str(owner))
        await _require_role(connection, ERASING_ROLE, None, may_create=may_create, login=False)
        for statement in _grants(server.name):
            await connection.execute(statement)
        await connection.commit()
        return True

    return await on_connection(engine, work, writes=True)


async def _require_role(
    connection: Connection, name: str, password: str | None, *, may_create: bool, login: bool = True
) -> None:
    """Make a role where there is none."""
    if await (await connection.execute(_ROLE, (name,))).fetchone() is not None:
        return
    if not may_create:
        raise StoreFault(f"the role {name} does not exist, and the role that migrates may not create roles")
    statement = sql.SQL("CREATE ROLE {} {}").format(
        sql.Identifier(name), sql.SQL("LOGIN" if login else "NOLOGIN")
    )
    if password is not None:
        # Only a hash goes to the server, which may log its statements.
        hashed = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(hashed.decode()))
    await connection.execute(statement)


async def _refuse_powerful(connection: Connection, server: str, owner: str) -> None:
    """Refuse a role of the server that could give itself every right."""
    is_super = await (await connection.execute(_ROLE, (server,))).fetchone()
    if is_super == (True,):
        raise StoreFault(f"the role of the server, {server}, is a superuser: it could alter the audit")
    member = await (await connection.execute(_MEMBER, (server,))).fetchone()
    if member == (True,):
        raise StoreFault(
            f"the role of the server, {server}, is a member of {owner}, which owns the tables: "
            "it could alter the audit"
        )


def _grants(server: str) -> list[sql.Composed]:
    role = sql.Identifier(server)
    insert_only = {*INSERT_ONLY, *ERASABLE}
    ordinary = [name for name in metadata.tables if name not in insert_only and name not in READ_ONLY]
    return [
        sql.SQL("GRANT {} ON {} TO {}").format(_privileges(rights), _tables(tables), role)
        for rights, tables in (
            (_ALL_ROWS, ordinary),
            (_NEW_ROWS, sorted(insert_only)),
            (("SELECT",), READ_ONLY),
        )
    ] + [
        sql.SQL("REVOKE {} ON {} FROM {}").format(_privileges(_CHANGES), _tables(sorted(insert_only)), role),
        sql.SQL("GRANT EXECUTE ON FUNCTION audit_add_partitions() TO {}").format(role),
        sql.SQL("GRANT SELECT, DELETE ON {} TO {}").format(_tables(ERASABLE), sql.Identifier(ERASING_ROLE)),
    ]


def _privileges(names: Sequence[LiteralString]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.SQL, names))


def _tables(names: tuple[str, ...] | list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
