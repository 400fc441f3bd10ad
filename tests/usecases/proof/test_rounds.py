"""Rounds of the checkpointer: order, outages, idle hours, an older copy put back."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from raas.domain.audit.checkpoint import parse_checkpoint
from raas.domain.audit.note import parse_note
from raas.domain.audit.verify import verify_export
from raas.signing.destinations import CheckpointDirectory, KeptNotes
from raas.signing.ed25519 import check_signature
from raas.usecases.ports.audit.proof import DeliveryFailed
from raas.usecases.proof.checkpointer import Checkpointer
from raas.usecases.proof.compare import OlderCopy
from raas.usecases.proof.rounds import CheckpointRounds
from tests.usecases.proof.places import Place
from tests.usecases.proof.sample_log import MINUTE, SampleLog, write


class Minutes:
    """A log, two places, and rounds a minute apart."""

    def __init__(self) -> None:
        self.log = SampleLog()
        self.one, self.other = Place(), Place()
        self.revision = 0
        self.start()

    def start(self) -> None:
        """Another process takes over."""
        log = self.log
        checkpointer = Checkpointer(log.store, log.origin, log.signers, lambda: log.now)
        places = {"one": self.one, "other": self.other}
        self.rounds = CheckpointRounds(log.store, checkpointer, places, lambda: log.now)

    async def minute(self, *, idle: bool = False) -> None:
        self.log.now += MINUTE
        if not idle:
            self.revision += 1
            write(self.log, self.revision)
        await self.rounds.round()


async def test_every_checkpoint_goes_to_every_place_in_order() -> None:
    minutes = Minutes()
    for _ in range(3):
        await minutes.minute()
    minutes.start()
    await minutes.minute()
    assert minutes.one.numbers == minutes.other.numbers == [1, 2, 3, 4]


async def test_idle_log_has_a_checkpoint_an_hour() -> None:
    minutes = Minutes()
    await minutes.minute()
    for _ in range(130):
        await minutes.minute(idle=True)
    assert minutes.one.numbers == [1, 2, 3]


async def test_place_that_fails_gets_everything_later_and_stops_no_other() -> None:
    minutes = Minutes()
    await minutes.minute()
    minutes.one.fails = True
    for _ in range(3):
        with pytest.raises(DeliveryFailed, match=r"^one: gone$"):
            await minutes.minute()
    assert (minutes.one.numbers, minutes.other.numbers) == ([1], [1, 2, 3, 4])
    minutes.start()  # the outage outlives the process
    minutes.one.fails = False
    await minutes.minute()
    assert minutes.one.numbers == [1, 2, 3, 4, 5]


async def test_database_that_was_replaced_by_an_older_copy_signs_nothing() -> None:
    minutes = Minutes()
    await minutes.minute()
    older = deepcopy(minutes.log.store)
    await minutes.minute()
    minutes.log.store = older
    minutes.start()
    with pytest.raises(OlderCopy):
        await minutes.minute()
    assert await older.delivered("one") == 1
    assert minutes.one.numbers == [1, 2]


async def test_nothing_is_signed_before_every_place_was_compared() -> None:
    minutes = Minutes()
    await minutes.minute()
    older = deepcopy(minutes.log.store)
    await minutes.minute()
    # The place that fails is the only one that shows that the copy is an older one.
    minutes.log.store = older
    minutes.other.kept = []
    minutes.one.fails = True
    minutes.start()
    with pytest.raises(DeliveryFailed):
        await minutes.minute()
    minutes.one.fails = False
    with pytest.raises(OlderCopy):
        await minutes.minute()
    assert await older.note(2) is None


async def test_kept_directory_verifies_the_export(tmp_path: Path) -> None:
    minutes = Minutes()
    minutes.one = CheckpointDirectory(tmp_path)
    minutes.start()
    for _ in range(5):
        await minutes.minute()
    log = minutes.log
    result = verify_export(await log.export(), KeptNotes(tmp_path), log.keys, check_signature)
    assert (result.sound, result.checkpoints, result.records) == (True, 5, 5)
    newest = await minutes.one.newest()
    assert newest is not None
    assert parse_checkpoint(parse_note(newest).text).number == 5
