"""The watch over the proof of the audit: what waits, since when, and the alerts."""

from __future__ import annotations

from copy import deepcopy

from raas.memory.audit.proof_store import MemoryProofStore
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.proof.rounds import CheckpointRounds
from raas.usecases.proof.watch import ProofWatch
from tests.usecases.proof.places import Place
from tests.usecases.proof.sample_log import MINUTE, SampleLog, write


class Watched:
    """A log with a place, rounds that the test makes, and the alerts that came."""

    def __init__(self) -> None:
        self.log = SampleLog()
        self.place = Place()
        self.alerts: list[str | int] = []
        self.watch = self.on(self.log.store, "place")
        self.rounds = CheckpointRounds(
            self.log.store, self.log.another_checkpointer(), {"place": self.place}, lambda: self.log.now
        )

    def on(self, store: MemoryProofStore, *names: str) -> ProofWatch:
        """A watch of another process."""
        return ProofWatch(store, dict.fromkeys(names, self.place), lambda: self.log.now, self)

    def checkpoints_late(self, seconds: int) -> None:
        self.alerts.append(seconds)

    def older_copy(self, reason: str) -> None:
        self.alerts.append(reason)

    async def after(self, minutes: int) -> int:
        """The minutes of delay, after so many minutes."""
        self.log.now += minutes * MINUTE
        await self.watch.look()
        return round(self.watch.delay / MINUTE)


async def test_nothing_waits_while_every_place_has_the_newest_checkpoint() -> None:
    watched = Watched()
    assert await watched.after(30) == 0
    write(watched.log, 1)
    await watched.rounds.round()
    assert await watched.after(59) == 0
    assert watched.alerts == []


async def test_records_wait_since_the_newest_checkpoint() -> None:
    watched = Watched()
    write(watched.log, 1)
    await watched.rounds.round()
    write(watched.log, 2)
    assert await watched.after(9) == 0
    assert await watched.after(2) == 11
    assert watched.watch.late
    await watched.rounds.round()
    assert await watched.after(0) == 0
    assert not watched.watch.late
    assert watched.alerts == [660]


async def test_records_of_a_log_without_checkpoint_wait_since_the_start() -> None:
    watched = Watched()
    write(watched.log, 1)
    assert await watched.after(12) == 12


async def test_checkpoint_waits_for_a_place_that_does_not_take_it() -> None:
    watched = Watched()
    write(watched.log, 1)
    await watched.rounds.round()
    watched.watch = watched.on(watched.log.store, "place", "another")
    assert await watched.after(5) == 5
    assert watched.alerts == []
    assert await watched.after(10) == 15


async def test_alert_is_repeated_each_hour() -> None:
    watched = Watched()
    write(watched.log, 1)
    for _ in range(130):
        await watched.after(1)
    assert watched.alerts == [600, 600 + 3_600, 600 + 7_200]


async def test_older_copy_is_an_alert() -> None:
    watched = Watched()
    write(watched.log, 1)
    await watched.rounds.round()
    older = deepcopy(watched.log.store)
    write(watched.log, 2)
    await watched.rounds.round()
    assert watched.watch.older_copy is None
    watched.watch = watched.on(older, "place")
    await watched.after(1)
    assert watched.watch.older_copy == "checkpoint 2 is kept outside, and is not in the database"
    assert watched.alerts == [watched.watch.older_copy]


async def test_outage_of_the_database_leaves_the_state_as_it_was() -> None:
    watched = Watched()
    write(watched.log, 1)
    assert await watched.after(12) == 12

    async def down() -> bytes | None:
        raise StoreUnavailable("down")

    watched.log.store.newest_note = down  # type: ignore[method-assign] # the fault of this test
    assert await watched.after(30) == 12
