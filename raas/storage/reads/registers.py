"""The RegisterStore on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.registers.register import Register, first_checksum
from raas.storage.connection.lease import Connection, on_connection
from raas.storage.connection.query import fetch, write
from raas.storage.reads.restricted_register import RestrictedRegisters
from raas.storage.rows.arrays import array
from raas.usecases.ports.registers import CHANGEABLE

# In the order of the fields of Register.
_COLUMNS = """
  r.id, r.enterprise_number, r.name, h.log_id, h.revision, h.oldest_revision, h.record_time, h.types_revision,
  h.dossier_count, h.checksum, r.create_time, r.sector, r.institution"""

_IDS = """
SELECT enterprise_number, id FROM register WHERE enterprise_number = ANY(%(numbers)s::bigint[])"""

_READ = f"""
SELECT {_COLUMNS} FROM register r JOIN register_head h ON h.register_id = %(register)s
WHERE r.id = %(register)s"""

_PAGE = f"""
SELECT {_COLUMNS} FROM register r JOIN register_head h ON h.register_id = r.id
WHERE r.enterprise_number > %(after)s::bigint ORDER BY r.enterprise_number LIMIT %(limit)s"""

_CREATE = """
INSERT INTO register (enterprise_number, name, sector, institution)
VALUES (%(number)s, %(name)s, %(sector)s, %(institution)s)
ON CONFLICT (enterprise_number) DO NOTHING RETURNING id, create_time"""

_CREATE_HEAD = """
INSERT INTO register_head (register_id, record_time, checksum) VALUES (%s, %s, %s)"""

_PARTNERS = """
SELECT code, partner FROM dossier_type WHERE register_id = %(register)s AND partner IS NOT NULL"""

_UPDATE = "UPDATE register SET {changes} WHERE enterprise_number = %(number)s RETURNING 1"


class PostgresRegisterStore:
    """Registers; `engine` must be one in autocommit. All raise StoreUnavailable, StoreFault."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._restricted = RestrictedRegisters(engine)
        self._ids: dict[EnterpriseNumber, int] = {}
        """The ids of registers that were found: they never change."""

    async def find(self, number: EnterpriseNumber) -> Register | None:
        """The register of this organisation as committed now."""
        register_id = self._ids.get(number)
        if register_id is None:
            # On a cluster, the join by the number would ask every node.
            register_id = (await self.ids_of([number])).get(number)
            if register_id is None:
                return None
            self._ids[number] = register_id
        rows = await fetch(self._engine, _READ, {"register": register_id})
        return Register(*rows[0]) if rows else None

    async def find_within(self, number: EnterpriseNumber, dossier_types: frozenset[str]) -> Register | None:
        """The register as a caller sees it for whom only these dossier types exist."""
        register = await self.find(number)
        return None if register is None else await self._restricted.of(register, dossier_types)

    async def ids_of(self, numbers: Sequence[EnterpriseNumber]) -> Mapping[EnterpriseNumber, int]:
        """The ids of the registers of these organisations, without those that do not exist."""
        rows = await fetch(self._engine, _IDS, {"numbers": array(numbers)})
        return {EnterpriseNumber(number): register_id for number, register_id in rows}

    async def partners(self, register_id: int) -> Mapping[str, EnterpriseNumber]:
        """The partner of each dossier type that is kept for one, by its code."""
        rows = await fetch(self._engine, _PARTNERS, {"register": register_id})
        return {code: EnterpriseNumber(partner) for code, partner in rows}

    async def create(
        self, number: EnterpriseNumber, name: str, sector: int | None = None, institution: int | None = None
    ) -> Register:
        """A new, empty register. Raises Refused REGISTER_EXISTS (at `enterprise_number`)."""
        parameters = {"number": number, "name": name, "sector": sector, "institution": institution}

        async def work(connection: Connection) -> bool:
            async with connection.transaction():
                cursor = await connection.execute(_CREATE, parameters)
                row = await cursor.fetchone()
                if row is not None:
                    await connection.execute(_CREATE_HEAD, (*row, first_checksum(number)))
                return row is not None

        created = await on_connection(self._engine, work, writes=True)
        register = await self.find(number) if created else None
        if register is None:
            raise refuse(Reason.REGISTER_EXISTS, "enterprise_number", register=enterprise_number_text(number))
        return register

    async def update(self, number: EnterpriseNumber, changes: Mapping[str, str | int | None]) -> Register:
        """Change fields. Raises Refused REGISTER_UNKNOWN (at `enterprise_number`)."""
        columns = ", ".join(f"{field} = %({field})s" for field in CHANGEABLE if field in changes)
        statement = _UPDATE.format(changes=columns)
        rows = await write(self._engine, statement, {**changes, "number": number})
        register = await self.find(number) if rows else None
        if register is None:
            raise refuse(
                Reason.REGISTER_UNKNOWN, "enterprise_number", register=enterprise_number_text(number)
            )
        return register

    async def page(self, after: EnterpriseNumber | None, limit: int) -> Sequence[Register]:
        """Registers in order of enterprise number, after `after`."""
        rows = await fetch(self._engine, _PAGE, {"after": after or 0, "limit": limit})
        return [Register(*row) for row in rows]
