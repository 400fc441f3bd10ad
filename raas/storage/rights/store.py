"""The RightsStore on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.admission import Admission
from raas.domain.rights.authorisation import Authorisation
from raas.domain.rights.credential_block import CredentialBlock
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.snapshot import Right
from raas.storage.connection.commit import Evidence
from raas.storage.connection.errors import translated_errors
from raas.storage.connection.query import Row, fetch
from raas.storage.connection.transactions import Transaction, Transactions
from raas.storage.rights import admissions, authorisations, blocks, contexts, grants, mandates
from raas.storage.rights.columns import date_of
from raas.storage.rights.kinds import KINDS
from raas.storage.rights.notifications import NOTIFY
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.rights import AnyRight, PageStart

# The row is locked until COMMIT: changes of rights take place one after the other.
_NEXT_VERSION = (
    "UPDATE rights_version SET version = version + 1 WHERE id = 1 RETURNING version, clock_timestamp()"
)

_LOCK = "SELECT version FROM rights_version WHERE id = 1 FOR UPDATE"

_NOT_ENDED_ON = "AND revoke_time IS NULL AND coalesce(valid_until >= %(day)s, true)"
_VALID_ON = f"{_NOT_ENDED_ON} AND coalesce(valid_from <= %(day)s, true)"

_AFTER = "AND (grant_time, id) > (%(after_time)s, %(after_id)s::uuid)"


class PostgresRightsStore:
    """Changes the rights on `writing`, an engine for transactions, and lists them on `reading`."""

    def __init__(self, writing: AsyncEngine, reading: AsyncEngine) -> None:
        self._transactions = Transactions(writing)
        self._reading = reading

    @asynccontextmanager
    async def change(self) -> AsyncIterator[PostgresRightsTransaction]:
        """A transaction, committed when the block ends without an error."""
        async with self._transactions.begin() as transaction:
            row = await transaction.wait_for_locks(_row(transaction, _NEXT_VERSION))
            if row is None:
                raise StoreFault("the version of the rights is missing")
            rights = PostgresRightsTransaction(transaction, *row)
            yield rights
            await rights.commit()

    async def mandates(
        self,
        register: EnterpriseNumber | None,
        mandatary: EnterpriseNumber | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[Mandate]:
        """The mandates on a register, of a mandatary, or both."""
        where = {"register": register, "mandatary": mandatary}
        extra = "" if day is None else "AND coalesce(expire_time > clock_timestamp(), true)"
        rows = await self._page("mandate", mandates.COLUMNS, where, day, after, limit, extra)
        return list(map(mandates.mandate_of, rows))

    async def grants(
        self,
        organisation: EnterpriseNumber | None,
        role: Role | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[RoleGrant]:
        """The role grants of an organisation, of one role, or all."""
        where = {"organisation": organisation, "role": None if role is None else role.value}
        rows = await self._page("role_grant", grants.COLUMNS, where, day, after, limit)
        return list(map(grants.grant_of, rows))

    async def legal_contexts(
        self, organisation: EnterpriseNumber | None, day: int | None, after: PageStart | None, limit: int
    ) -> Sequence[LegalContext]:
        """The entries of the catalogue of an organisation, or all."""
        where = {"organisation": organisation}
        rows = await self._page("legal_context", contexts.COLUMNS, where, day, after, limit)
        return list(map(contexts.context_of, rows))

    async def blocks(self, after: PageStart | None, limit: int) -> Sequence[CredentialBlock]:
        """The blocks of credentials that have not ended."""
        extra = "AND revoke_time IS NULL"
        rows = await self._page("credential_block", blocks.COLUMNS, {}, None, after, limit, extra)
        return list(map(blocks.block_of, rows))

    async def authorisations(
        self,
        service: str | None,
        register: EnterpriseNumber | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[Authorisation]:
        """The authorisations for a service, of a register, or all."""
        where = {"service": service, "register": register}
        rows = await self._page("authorisation", authorisations.COLUMNS, where, day, after, limit)
        return list(map(authorisations.authorisation_of, rows))

    async def admissions(
        self, organisation: EnterpriseNumber | None, day: int | None, after: PageStart | None, limit: int
    ) -> Sequence[Admission]:
        """The admissions of an organisation, or all."""
        where = {"organisation": organisation}
        valid_on = f"{_NOT_ENDED_ON} AND NOT suspended"
        columns = admissions.COLUMNS
        rows = await self._page("admission", columns, where, day, after, limit, valid_on=valid_on)
        return list(map(admissions.admission_of, rows))

    async def _page(
        self,
        table: str,
        columns: str,
        where: Mapping[str, int | str | None],
        day: int | None,
        after: PageStart | None,
        limit: int,
        extra: str = "",
        valid_on: str = _VALID_ON,
    ) -> list[Row]:
        equal = "".join(
            f" AND {column} = %({column})s" for column, value in where.items() if value is not None
        )
        statement = f"""
SELECT {columns} FROM {table} WHERE true{equal} {"" if day is None else valid_on} {extra}
{"" if after is None else _AFTER} ORDER BY grant_time, id LIMIT %(limit)s"""
        parameters: dict[str, Any] = {**where, "day": date_of(day), "limit": limit}
        if after is not None:
            parameters |= {"after_time": after.time, "after_id": after.id}
        return await fetch(self._reading, statement, parameters)


class PostgresRightsTransaction:
    """The RightsTransaction."""

    def __init__(self, transaction: Transaction, version: int, time: datetime) -> None:
        self.version = version
        self.time = time
        self._transaction = transaction
        self._put: list[Right] = []

    async def find(self, kind: type[AnyRight], id_: UUID) -> AnyRight | None:
        """The right of this kind with this id."""
        stored = KINDS[kind]
        statement = f"SELECT {stored.columns} FROM {stored.table} WHERE id = %s"
        row = await _first(self._transaction, statement, (id_,))
        return None if row is None else cast(AnyRight, stored.read(row))

    async def grants_of(self, organisation: EnterpriseNumber) -> Sequence[RoleGrant]:
        """All role grants of an organisation."""
        with translated_errors():
            cursor = await self._transaction.connection.execute(
                f"SELECT {grants.COLUMNS} FROM role_grant WHERE organisation = %s", (organisation,)
            )
            return list(map(grants.grant_of, await cursor.fetchall()))

    async def admissions_of(self, organisation: EnterpriseNumber) -> Sequence[Admission]:
        """The admissions of an organisation that others have not replaced."""
        statement = (
            f"SELECT {admissions.COLUMNS} FROM admission WHERE organisation = %s AND revoke_time IS NULL"
        )
        with translated_errors():
            cursor = await self._transaction.connection.execute(statement, (organisation,))
            return list(map(admissions.admission_of, await cursor.fetchall()))

    async def put(self, right: Right) -> None:
        """Add or change a right when the block ends."""
        self._put.append(right)

    async def commit(self) -> None:
        """Write what was put, and notify."""
        if not self._put:
            return
        statements: list[tuple[str, Any]] = []
        for right in self._put:
            kind = KINDS[type(right)]
            statements.append((kind.put, kind.parameters(right, self.version)))
        statements.append((NOTIFY, ()))
        last = self._put[-1]
        # Should another change have followed within the lost COMMIT, its version is higher.
        question = f"SELECT EXISTS (SELECT FROM {KINDS[type(last)].table} WHERE id = %s AND version >= %s)"
        evidence = Evidence(_LOCK, (), question, (last.id, self.version))
        await self._transaction.commit(evidence, statements)


async def _first(transaction: Transaction, statement: str, parameters: Sequence[Any]) -> Row | None:
    with translated_errors():
        return await _row(transaction, statement, parameters)


async def _row(transaction: Transaction, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
    return await (await transaction.connection.execute(statement, parameters)).fetchone()
