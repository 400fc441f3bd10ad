"""The table of persons as the authentic source: RAAS_AUTHENTIC_SOURCE=local."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState, PersonStatus
from raas.storage.connection.query import fetch
from raas.storage.rows.arrays import array

# Birth and death are those of the person, so they come from the record of the final successor.
_STATES = """
SELECT p.niss, p.status, p.successor, f.birth_first - date '0001-01-01' + 1, f.death_date IS NOT NULL,
       p.version
FROM unnest(%(nisses)s::bigint[]) AS asked (niss)
CROSS JOIN LATERAL (SELECT * FROM person WHERE niss = asked.niss OFFSET 0) p
CROSS JOIN LATERAL (SELECT * FROM person WHERE niss = coalesce(p.successor, p.niss) OFFSET 0) f"""

_NUMBERS = """
SELECT asked.niss, f.niss, ARRAY(SELECT p.niss FROM person p WHERE p.successor = f.niss ORDER BY p.niss)
FROM unnest(%(nisses)s::bigint[]) AS asked (niss)
CROSS JOIN LATERAL (
  SELECT coalesce((SELECT successor FROM person WHERE niss = asked.niss), asked.niss) AS niss) f"""


class LocalSource:
    """The AuthenticSource of ports/authentic_source.py; `engine` in autocommit."""

    in_store = True

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """The states of these numbers; an unknown number is absent.

        Raises StoreUnavailable, not SourceUnavailable: the persons are in the store of the registers.
        """
        rows = await fetch(self._engine, _STATES, {"nisses": array(nisses)})
        return {
            niss: PersonState(PersonStatus(status), successor, born, deceased, version)
            for niss, status, successor, born, deceased, version in rows
        }

    async def numbers_of(self, nisses: Sequence[Niss]) -> Mapping[Niss, tuple[Niss, ...]]:
        """For each number all numbers of its person, the final successor first."""
        rows = await fetch(self._engine, _NUMBERS, {"nisses": array(nisses)})
        return {niss: (final, *replaced) for niss, final, replaced in rows}
