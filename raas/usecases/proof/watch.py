"""The watch over the proof of the audit: whether checkpoints reach every place in time, in every process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from raas.domain.audit.checkpoint import parse_checkpoint
from raas.domain.audit.note import parse_note
from raas.usecases.ports.audit.proof import CheckpointDestination, DeliveryFailed, ProofStore
from raas.usecases.ports.errors import PortError
from raas.usecases.proof.compare import OlderCopy, compare_with_all

LATE = 600_000_000
"""Microseconds after which records that are not proven outside, or not delivered, are an alert."""
_REMIND = 3_600_000_000
"""Microseconds between two alerts while the reason lasts."""


class ProofAlerts(Protocol):
    """Receives what operators should be told of at once."""

    def checkpoints_late(self, seconds: int) -> None:
        """For so long, records are not covered by a checkpoint that every place keeps."""

    def older_copy(self, reason: str) -> None:
        """An older copy of the database was put back."""


class ProofWatch:
    """Compares the database with the places that keep checkpoints; `now` gives microseconds since 1970."""

    def __init__(
        self,
        store: ProofStore,
        destinations: Mapping[str, CheckpointDestination],
        now: Callable[[], int],
        alerts: ProofAlerts,
    ) -> None:
        self.delay = 0
        """Microseconds since when records wait for a checkpoint, or a checkpoint for a place."""
        self.older_copy: str | None = None
        """How it is known that the database is an older copy; None = it is not."""
        self._store = store
        self._destinations = destinations
        self._now = now
        self._alerts = alerts
        self._begun = now()
        self._alerted: int | None = None

    @property
    def late(self) -> bool:
        """Whether operators were alerted that checkpoints are late."""
        return self.delay > LATE

    async def run(self, seconds: float) -> None:
        """Look every so many seconds until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(seconds)

    async def look(self) -> None:
        """Read the state of the proof, and alert where it is bad: at first, and each hour while it stays so.

        While the database does not answer, the state stays as it was.
        """
        try:
            self.delay = await self._delay()
            await compare_with_all(self._store, self._destinations.values())
            self.older_copy = None
        except OlderCopy as older:
            self.older_copy = str(older)
        except (DeliveryFailed, PortError):
            pass  # a place that cannot be read takes nothing either: the delay tells
        self._alert()

    async def _delay(self) -> int:
        """Microseconds since when something waits."""
        newest = await self._store.newest_note()
        waiting = []
        if newest is None:
            covered = self._begun
        else:
            checkpoint = parse_checkpoint(parse_note(newest).text)
            covered = checkpoint.time
            for name in self._destinations:
                delivered = await self._store.delivered(name)
                if delivered < checkpoint.number:
                    waiting.append(await self._time_of(delivered + 1))
        # While checkpoints are made each minute, what is not covered has not waited for long.
        if self._now() - covered > LATE and await self._has_new_records():
            waiting.append(covered)
        return max(0, self._now() - min(waiting)) if waiting else 0

    async def _time_of(self, number: int) -> int:
        note = await self._store.note(number)
        return self._now() if note is None else parse_checkpoint(parse_note(note).text).time

    async def _has_new_records(self) -> bool:
        return bool(await self._store.new_records(await self._store.open_chains(), 1))

    def _alert(self) -> None:
        now = self._now()
        if self.older_copy is None and not self.late:
            self._alerted = None
        elif self._alerted is None or now - self._alerted >= _REMIND:
            self._alerted = now
            if self.older_copy is not None:
                self._alerts.older_copy(self.older_copy)
            if self.late:
                self._alerts.checkpoints_late(self.delay // 1_000_000)
