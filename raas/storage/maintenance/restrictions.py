"""The RestrictionStore on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.registers.restriction import Grounds, Restriction
from raas.storage.connection.query import Row, fetch, write
from raas.storage.persons.search import UNITED
from raas.storage.rows.arrays import array
from raas.storage.rows.ranges import lines_of, multirange_text
from raas.usecases.ports.errors import StoreFault

_TYPE = "SELECT id FROM dossier_type WHERE register_id = %(register)s AND code = %(code)s"

_ADD = """
INSERT INTO restriction (register_id, niss, dossier_type_id, id, periods, first_revision, last_revision,
                         reason, ticket, restricted_by, restrict_time)
SELECT %(register)s::bigint, niss, %(type)s::integer, %(id)s::uuid, %(periods)s::datemultirange,
       %(first)s::bigint, %(last)s::bigint, %(reason)s, %(ticket)s, %(user)s, statement_timestamp()
FROM unnest(%(nisses)s::bigint[]) AS niss"""

_READ = """
SELECT x.id, array_agg(x.niss ORDER BY x.niss), t.code, x.periods::text, x.first_revision, x.last_revision,
       x.reason, x.ticket, x.restricted_by, x.restrict_time,
       x.lift_reason, x.lift_ticket, x.lifted_by, x.lift_time
FROM restriction x JOIN dossier_type t ON t.id = x.dossier_type_id
WHERE x.register_id = %(register)s
GROUP BY x.id, t.code, x.periods, x.first_revision, x.last_revision, x.reason, x.ticket, x.restricted_by,
         x.restrict_time, x.lift_reason, x.lift_ticket, x.lifted_by, x.lift_time
ORDER BY x.restrict_time, x.id"""

_LIFT = """
UPDATE restriction SET lift_reason = %(reason)s, lift_ticket = %(ticket)s, lifted_by = %(user)s,
  lift_time = statement_timestamp()
WHERE register_id = %(register)s AND id = %(id)s AND lift_time IS NULL
RETURNING 1"""


class PostgresRestrictionStore:
    """Restrictions; `engine` in autocommit: each change is a transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def numbers_of(self, niss: Niss) -> Collection[Niss]:
        """All numbers of the person that has this number, including it."""
        return {row[0] for row in await fetch(self._engine, UNITED, {"niss": niss})}

    async def add(self, register_id: int, restriction: Restriction) -> datetime:
        """Add a restriction, one row for each number; returns its time."""
        types = await fetch(self._engine, _TYPE, {"register": register_id, "code": restriction.dossier_type})
        if not types:
            raise StoreFault("the dossier type of the restriction is gone")
        parameters = {
            "register": register_id,
            "type": types[0][0],
            "nisses": array(restriction.nisses),
            "id": restriction.id,
            "periods": multirange_text(restriction.lines),
            "first": restriction.first_revision,
            "last": restriction.last_revision,
            "reason": restriction.grounds.reason,
            "ticket": restriction.grounds.ticket,
            "user": restriction.grounds.user,
        }
        rows = await write(self._engine, f"{_ADD} RETURNING restrict_time", parameters)
        time: datetime = rows[0][0]
        return time

    async def of_register(self, register_id: int) -> Sequence[Restriction]:
        """All restrictions of a register, the oldest first."""
        rows = await fetch(self._engine, _READ, {"register": register_id}, binary=True)
        return [_restriction(row) for row in rows]

    async def lift(self, register_id: int, restriction_id: UUID, grounds: Grounds) -> bool:
        """End the effect of a restriction; False = there is none that is not lifted."""
        parameters = {
            "register": register_id,
            "id": restriction_id,
            "reason": grounds.reason,
            "ticket": grounds.ticket,
            "user": grounds.user,
        }
        return bool(await write(self._engine, _LIFT, parameters))


def _restriction(row: Row) -> Restriction:
    id_, nisses, code, periods, first, last, reason, ticket, user, time, *lifted = row
    *why, lift_time = lifted
    return Restriction(
        id_,
        tuple(map(Niss, nisses)),
        code,
        lines_of(periods),
        first,
        last,
        Grounds(reason, ticket, user),
        time,
        None if lift_time is None else Grounds(*why),
        lift_time,
    )
