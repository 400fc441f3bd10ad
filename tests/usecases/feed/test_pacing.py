"""The pace of the feed: the time that it uses and the delay that results."""

from __future__ import annotations

import pytest

from raas.usecases.feed import pacing
from raas.usecases.feed.pacing import Pace, PaceLimits

LIMITS = PaceLimits(
    busy=0.8,
    least_share=0.1,
    longest_seconds=0.25,
    few=20,
    few_seconds=0.005,
    seconds_per_round=0.0,
    seconds_per_message=1e-4,
)


class Thread:
    """The thread of the event loop: the share of each second that it works, messages of the feed included."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.used = 0.0
        monkeypatch.setattr(pacing, "thread_time", lambda: self.used)


@pytest.fixture
def thread(monkeypatch: pytest.MonkeyPatch) -> Thread:
    return Thread(monkeypatch)


def settled(thread: Thread, messages: int, others: float, limits: PaceLimits = LIMITS) -> float:
    """The pause after a round of messages while others constantly use that share of the time."""
    pace, now = Pace(limits), 100.0
    pause = pace.pause(now, messages)
    for _ in range(100):
        # Consecutive rounds, for longer than a measurement takes.
        step = max(pause, 0.01)
        thread.used += step * others + messages * limits.seconds_per_message
        now += step
        pause = pace.pause(now, messages)
    return pause


def test_pause_in_a_quiet_process_is_short(thread: Thread) -> None:
    # A hundred messages take 0.01 s; four fifths of the time may be used.
    assert settled(thread, 100, 0.0) == pytest.approx(0.01 / 0.8)


def test_pause_grows_with_the_time_that_others_use(thread: Thread) -> None:
    assert settled(thread, 100, 0.5) == pytest.approx(0.01 / 0.3)


def test_feed_in_a_busy_process_has_its_least_share(thread: Thread) -> None:
    assert settled(thread, 100, 1.0) == pytest.approx(0.01 / 0.1)


def test_no_pause_exceeds_the_longest(thread: Thread) -> None:
    assert settled(thread, 1_000, 1.0) == 0.25


def test_few_subscribers_wait_a_short_time_in_a_busy_process(thread: Thread) -> None:
    assert settled(thread, 20, 1.0) == 0.005
    assert settled(thread, 21, 1.0) == pytest.approx(0.0021 / 0.1)


def test_round_without_messages_is_followed_by_no_pause(thread: Thread) -> None:
    assert Pace(LIMITS).pause(100.0, 0) == 0.0


def test_cost_of_a_message_follows_several_measurements_not_one(thread: Thread) -> None:
    pace = Pace(LIMITS)
    quiet = pace.pause(1.0, 100)
    pace.measured(0.11, 100)
    assert pace.pause(1.0, 100) == pytest.approx(2 * quiet)
    for _ in range(100):
        pace.measured(0.11, 100)
    assert pace.pause(1.0, 100) == pytest.approx(11 * quiet, rel=0.01)
    for _ in range(200):
        pace.measured(0.0, 100)
    # Never below the least cost of a message.
    assert pace.pause(1.0, 100) == pytest.approx(quiet)
