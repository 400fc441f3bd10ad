"""The background work of the checkpointer: a round each minute, in the process that has the lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from raas.usecases.ports.audit.proof import CheckpointLease, CheckpointTaken, DeliveryFailed, KeyUnusable
from raas.usecases.ports.errors import PortError
from raas.usecases.proof.compare import OlderCopy

ROUND_SECONDS = 60.0
"""The longest round: what it does not reach is left to the next one."""


class Rounds(Protocol):
    """The rounds of one holder of the lease."""

    async def round(self) -> None:
        """See CheckpointRounds."""


class CheckpointKeeper:
    """Makes checkpoints while this process has the lease.

    `begin` gives the rounds of a new holder, which know nothing of earlier ones. `failed` receives why a
    round is not complete.
    """

    def __init__(
        self,
        lease: CheckpointLease,
        begin: Callable[[], Awaitable[Rounds]],
        failed: Callable[[str], None],
        seconds: float,
    ) -> None:
        self._lease = lease
        self._begin = begin
        self._failed = failed
        self._seconds = seconds
        self._rounds: Rounds | None = None

    async def run(self) -> None:
        """Make a round every `seconds` until cancelled, then give up the lease."""
        try:
            while True:
                await self.turn()
                await asyncio.sleep(self._seconds)
        finally:
            self._rounds = None
            self._lease.release()

    async def turn(self) -> None:
        """Make a round if this process has the lease or can take it.

        After any failure the next round begins as that of a new holder: it reads the database, and compares
        it with the places, again.
        """
        rounds, self._rounds = self._rounds, None
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                if not await self._lease.take():
                    return
                rounds = rounds or await self._begin()
                await rounds.round()
        except (CheckpointTaken, DeliveryFailed, KeyUnusable, OlderCopy, PortError, TimeoutError) as error:
            self._failed(str(error) or type(error).__name__)
            return
        self._rounds = rounds
