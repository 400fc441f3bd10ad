"""The authentic source in the store itself: RAAS_AUTHENTIC_SOURCE=local."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState, PersonStatus
from raas.storage.connection.query import fetch
from raas.storage.rows.arrays import array

# Birth and death are those of the person: of the record that stands for it now.
_STATES = """
SELECT p.niss, p.status, p.successor, f.birth_first - date '0001-01-01' + 1, f.death_date IS NOT NULL
FROM unnest(%(nisses)s::bigint[]) AS asked (niss)
CROSS JOIN LATERAL (SELECT * FROM person WHERE niss = asked.niss OFFSET 0) p
CROSS JOIN LATERAL (SELECT * FROM person WHERE niss = coalesce(p.successor, p.niss) OFFSET 0) f"""

_NUMBERS = """
SELECT asked.niss, f.niss, ARRAY(SELECT p.niss FROM person p WHERE p.successor = f.niss ORDER BY p.niss)
FROM unnest(%(nisses)s::bigint[]) AS asked (niss)
CROSS JOIN LATERAL (
  SELECT coalesce((SELECT successor FROM person WHERE niss = asked.niss), asked.niss) AS niss) f"""


class LocalSource:
    """The AuthenticSource of ports.py on the table of persons; `engine` in autocommit."""

    in_store = True

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """What the table knows of these numbers; a number it does not know is absent.

        Raises StoreUnavailable: where the persons are, the registers are too.
        """
        rows = await fetch(self._engine, _STATES, {"nisses": array(nisses)})
        return {
            niss: PersonState(PersonStatus(status), successor, born, deceased)
            for niss, status, successor, born, deceased in rows
        }

    async def numbers_of(self, nisses: Sequence[Niss]) -> Mapping[Niss, tuple[Niss, ...]]:
        """For each number all those of its person, the one that stands for it first."""
        rows = await fetch(self._engine, _NUMBERS, {"nisses": array(nisses)})
        return {niss: (final, *replaced) for niss, final, replaced in rows}
