"""The pauses between starts of a PostgreSQL that died."""

from __future__ import annotations

from pathlib import Path

import pytest

from raas.storage.embedded import EmbeddedPostgresError
from raas.storage.embedded.reasons import ROOM_BYTES
from raas.storage.embedded.restarts import FULL_DISK_SECONDS, Restarts


class Machine:
    """A clock and a disk that the test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.free = 10 * ROOM_BYTES
        self.restarts = Restarts(Path("/"), clock=lambda: self.now, free=lambda _: self.free)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_every_death_is_followed_by_a_start_at_once(machine: Machine) -> None:
    for _ in range(20):
        assert machine.restarts.is_due()
        machine.restarts.started()


def test_failed_starts_are_repeated_after_growing_pauses(machine: Machine) -> None:
    pauses = []
    for _ in range(8):
        assert machine.restarts.is_due()
        machine.restarts.failed()
        begin = machine.now
        while not machine.restarts.is_due():
            machine.now += 0.5
        pauses.append(machine.now - begin)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    machine.restarts.started()
    machine.restarts.failed()
    machine.now += 1
    assert machine.restarts.is_due()


def test_start_that_fails_on_a_full_disk_is_repeated_once_a_minute(machine: Machine) -> None:
    machine.free = ROOM_BYTES - 1
    due = 0
    for _ in range(600):
        if machine.restarts.is_due():
            due += 1
            machine.restarts.failed()
        machine.now += 0.5
    assert due == 600 * 0.5 / FULL_DISK_SECONDS


def test_postgres_that_dies_again_on_a_full_disk_waits_and_says_so_once(machine: Machine) -> None:
    machine.free = 3 * 1024 * 1024
    assert machine.restarts.is_due()
    machine.restarts.started()
    machine.now += 2
    with pytest.raises(
        EmbeddedPostgresError, match=r"is full \(\d+ MiB are free\): .* when 64 MiB are free\."
    ):
        machine.restarts.is_due()
    assert not machine.restarts.is_due()


@pytest.mark.parametrize("start_failed", [True, False])
def test_room_on_the_disk_ends_the_wait_at_once(machine: Machine, start_failed: bool) -> None:
    machine.free = 0
    assert machine.restarts.is_due()
    if start_failed:
        machine.restarts.failed()
    else:
        machine.restarts.started()
        with pytest.raises(EmbeddedPostgresError):
            machine.restarts.is_due()
    assert not machine.restarts.is_due()
    machine.free = ROOM_BYTES
    assert machine.restarts.is_due()
