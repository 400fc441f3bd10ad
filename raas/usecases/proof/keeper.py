"""The background work of the checkpointer: a round each minute, in the process that has the lock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from raas.usecases.ports.audit.proof import CheckpointerLock, CheckpointTaken, DeliveryFailed, KeyUnusable
from raas.usecases.ports.errors import PortError
from raas.usecases.proof.compare import OlderCopy

ROUND_SECONDS = 60.0
"""The longest round: what it does not reach is left to the next one."""


class Rounds(Protocol):
    """The rounds of one holder of the lock."""

    async def round(self) -> None:
        """See CheckpointRounds."""


class CheckpointKeeper:
    """Makes checkpoints while this process has the lock.

    `begin` gives the rounds of a new holder, which know nothing of earlier ones. `failed` receives why a
    round is not complete.
    """

    def __init__(
        self,
        lock: CheckpointerLock,
        begin: Callable[[], Awaitable[Rounds]],
        failed: Callable[[str], None],
        seconds: float,
    ) -> None:
        self._lock = lock
        self._begin = begin
        self._failed = failed
        self._seconds = seconds
        self._rounds: Rounds | None = None

    async def run(self) -> None:
        """Make a round every `seconds` until cancelled, then give up the lock."""
        try:
            while True:
                await self.turn()
                await asyncio.sleep(self._seconds)
        finally:
            self._rounds = None
            self._lock.release()

    async def turn(self) -> None:
        """Make a round if this process has the lock or can take it.

        After any failure the next round begins as that of a new holder: it reads the database, and compares
        it with the places, again.
        """
        rounds, self._rounds = self._rounds, None
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                if not await self._lock.take():
                    return
                rounds = rounds or await self._begin()
                await rounds.round()
        except (CheckpointTaken, DeliveryFailed, KeyUnusable, OlderCopy, PortError, TimeoutError) as error:
            self._failed(str(error) or type(error).__name__)
            return
        self._rounds = rounds
