"""The table of persons as the authentic source: RAAS_AUTHENTIC_SOURCE=local."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState, PersonStatus
from raas.storage.connection.delivery import COMMITS, PREPARED_BY_NODE, Commit, is_delivered
from raas.storage.connection.lease import Connection, on_connection
from raas.storage.connection.query import Row, fetch
from raas.storage.rows.arrays import array
from raas.storage.rows.changed_numbers import CHANGED_NUMBERS
from raas.usecases.ports.errors import StoreUnavailable

Answer = TypeVar("Answer")

_DELIVERY_SECONDS = 2.0
"""How long a read waits for the nodes of a cluster to carry out a change of a number."""

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.002, 0.1

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
    """The AuthenticSource of ports/authentic_source.py; `engine` in autocommit.

    On a cluster it answers the changes of numbers that all nodes show: a register that is read after the
    answer is read as of the same change, or a later one.
    """

    in_store = True

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """The states of these numbers; an unknown number is absent.

        Raises StoreUnavailable, not SourceUnavailable: the persons are in the store of the registers.
        """
        return await self._delivered(_STATES, nisses, _states, _numbers_in_states)

    async def numbers_of(self, nisses: Sequence[Niss]) -> Mapping[Niss, tuple[Niss, ...]]:
        """For each number all numbers of its person, the final successor first."""
        return await self._delivered(_NUMBERS, nisses, _united, _numbers_united)

    async def _delivered(
        self,
        statement: str,
        nisses: Sequence[Niss],
        answer_of: Callable[[Sequence[Row]], Answer],
        numbers_in: Callable[[Answer], Collection[Niss]],
    ) -> Answer:
        """The answer of a statement, once all nodes of a cluster show the numbers as it does.

        Raises StoreUnavailable when that takes too long.
        """
        parameters = {"nisses": array(nisses)}

        async def read(connection: Connection) -> tuple[Sequence[Row], Sequence[Any]]:
            if not connection.distributed:
                return await (await connection.execute(statement, parameters)).fetchall(), ()
            async with connection.pipeline():
                rows = await connection.execute(statement, parameters)
                commits = await connection.execute(COMMITS)
            return await rows.fetchall(), await commits.fetchall()

        rows, commits = await on_connection(self._engine, read)
        answer = answer_of(rows)
        if commits and await fetch(self._engine, CHANGED_NUMBERS, {"nisses": array(numbers_in(answer))}):
            await self._await_delivery(commits)
        return answer

    async def _await_delivery(self, commits: Sequence[Commit]) -> None:
        end = time.monotonic() + _DELIVERY_SECONDS
        pause = _FIRST_PAUSE_SECONDS
        while not is_delivered(commits, await fetch(self._engine, PREPARED_BY_NODE, {})):
            if time.monotonic() > end:
                raise StoreUnavailable("a node of the cluster has not ended a prepared transaction")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _states(rows: Sequence[Row]) -> Mapping[Niss, PersonState]:
    return {
        niss: PersonState(PersonStatus(status), successor, born, deceased, version)
        for niss, status, successor, born, deceased, version in rows
    }


def _numbers_in_states(states: Mapping[Niss, PersonState]) -> Collection[Niss]:
    return {*states, *(state.successor for state in states.values() if state.successor is not None)}


def _united(rows: Sequence[Row]) -> Mapping[Niss, tuple[Niss, ...]]:
    return {niss: (final, *replaced) for niss, final, replaced in rows}


def _numbers_united(united: Mapping[Niss, tuple[Niss, ...]]) -> Collection[Niss]:
    return {niss for numbers in united.values() for niss in numbers}
