"""Rounds of the checkpointer: make the next checkpoint, and deliver it to every place that keeps them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from raas.domain.audit.checkpoint import Checkpoint, parse_checkpoint
from raas.domain.audit.note import parse_note
from raas.usecases.ports.audit.proof import CheckpointDestination, DeliveryFailed, ProofStore
from raas.usecases.proof.checkpointer import Checkpointer
from raas.usecases.proof.compare import compare_with_kept

IDLE = 3_600_000_000
"""Microseconds after which a checkpoint is made though nothing was recorded."""
MOST_DELIVERIES = 10_000
"""Checkpoints that one round delivers to one place after an outage."""


class CheckpointRounds:
    """One round a minute, by the process that has the lock.

    `destinations` have names, under which the store keeps how far each has got. `now` gives microseconds
    since 1970.
    """

    def __init__(
        self,
        store: ProofStore,
        checkpointer: Checkpointer,
        destinations: Mapping[str, CheckpointDestination],
        now: Callable[[], int],
    ) -> None:
        self._store = store
        self._checkpointer = checkpointer
        self._destinations = destinations
        self._now = now
        self._compared = False

    async def round(self) -> None:
        """Make the next checkpoint, then deliver to each place what it does not have, in order of numbers.

        Nothing is signed before every place was compared with the database, which may be an older copy. Later
        on, a place that fails keeps no other from being served. Raises DeliveryFailed, which names each
        that failed; OlderCopy, when a place keeps a checkpoint that is not in the database; and the errors
        of `Checkpointer.step`. The next round takes up what this one left.
        """
        if not self._compared:
            await self._with_each(self._compare)
            self._compared = True
        await self._checkpointer.step(even_if_idle=await self._idle())
        await self._with_each(self._deliver)

    async def _with_each(self, do: Callable[[str, CheckpointDestination], Awaitable[None]]) -> None:
        failures = []
        for name, destination in self._destinations.items():
            try:
                await do(name, destination)
            except DeliveryFailed as failed:
                failures.append(f"{name}: {failed}")
        if failures:
            raise DeliveryFailed("; ".join(failures))

    async def _newest(self) -> Checkpoint | None:
        note = await self._store.newest_note()
        return None if note is None else parse_checkpoint(parse_note(note).text)

    async def _idle(self) -> bool:
        newest = await self._newest()
        return newest is None or self._now() - newest.time >= IDLE

    async def _compare(self, _: str, destination: CheckpointDestination) -> None:
        await compare_with_kept(self._store, await destination.newest())

    async def _deliver(self, name: str, destination: CheckpointDestination) -> None:
        checkpoint = await self._newest()
        newest = 0 if checkpoint is None else checkpoint.number
        delivered = await self._store.delivered(name)
        for number in range(delivered + 1, min(newest, delivered + MOST_DELIVERIES) + 1):
            note = await self._store.note(number)
            assert note is not None
            await destination.deliver(number, note)
            await self._store.record_delivery(name, number)
