"""The checkpointer in the background: its lock, and what a new holder begins with."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from raas.usecases.ports.audit.proof import CheckpointTaken, DeliveryFailed
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.proof.compare import OlderCopy
from raas.usecases.proof.keeper import CheckpointKeeper
from raas.usecases.proof.rounds import CheckpointRounds
from tests.usecases.proof.sample_log import SampleLog, write


class Lock:
    """A lock that the test gives and takes."""

    def __init__(self) -> None:
        self.free = True
        self.lost = False
        self.released = 0

    async def take(self) -> bool:
        if self.lost:
            self.lost = False
            raise StoreUnavailable("the connection was lost")
        return self.free

    def release(self) -> None:
        self.released += 1


class Process:
    """A keeper of which every round ends as the test wants it to."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.begun = 0
        self.rounds = 0
        self.error: Exception | None = None
        self.failures: list[str] = []
        self.keeper = CheckpointKeeper(self.lock, self.begin, self.failures.append, 0.001)

    async def begin(self) -> Process:
        self.begun += 1
        return self

    async def round(self) -> None:
        self.rounds += 1
        if self.error:
            raise self.error


async def test_holder_of_the_lease_continues_its_rounds() -> None:
    process = Process()
    for _ in range(3):
        await process.keeper.turn()
    assert (process.begun, process.rounds, process.failures) == (1, 3, [])


async def test_process_without_the_lease_makes_no_round() -> None:
    process = Process()
    process.lock.free = False
    await process.keeper.turn()
    assert (process.begun, process.rounds, process.failures) == (0, 0, [])


async def test_every_failure_makes_the_next_round_begin_anew() -> None:
    for error in (CheckpointTaken(), DeliveryFailed("one: gone"), OlderCopy("7"), StoreUnavailable("down")):
        process = Process()
        await process.keeper.turn()
        process.error = error
        await process.keeper.turn()
        process.error = None
        await process.keeper.turn()
        assert (process.begun, process.rounds) == (2, 3)
        assert process.failures == [str(error) or type(error).__name__]


async def test_lease_that_was_lost_and_taken_again_is_that_of_a_new_holder() -> None:
    process = Process()
    await process.keeper.turn()
    process.lock.lost = True
    await process.keeper.turn()
    await process.keeper.turn()
    assert (process.begun, process.rounds) == (2, 2)
    process.lock.free = False
    await process.keeper.turn()
    process.lock.free = True
    await process.keeper.turn()
    assert process.begun == 3


async def test_stopped_keeper_gives_up_the_lock() -> None:
    process = Process()
    running = asyncio.create_task(process.keeper.run())
    while process.rounds < 3:
        await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert process.lock.released == 1


async def test_leader_that_stood_still_leaves_the_log_to_the_other() -> None:
    log = SampleLog()
    failures: list[str] = []

    async def begin() -> CheckpointRounds:
        return CheckpointRounds(log.store, log.another_checkpointer(), {}, lambda: log.now)

    first, second = (CheckpointKeeper(Lock(), begin, failures.append, 60) for _ in range(2))
    write(log, 1)
    await first.turn()
    write(log, 2)
    await second.turn()
    write(log, 3)
    await first.turn()  # it believes that it still has the lock
    assert failures == ["CheckpointTaken"]
    await first.turn()
    assert (await log.store.note(3), await log.store.note(4)) != (None, None)
    assert await log.store.note(4) is None
