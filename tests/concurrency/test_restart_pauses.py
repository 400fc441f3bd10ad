"""Pauses before a process that died is started again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from raas.concurrency.keep_running import Backoff
from raas.concurrency.restart_pauses import RestartPauses


def test_process_that_served_is_restarted_at_once_and_then_with_growing_pauses() -> None:
    pauses = RestartPauses(Backoff(first=1.0, longest=8.0))
    waited = [pauses.after_death(served=True, lived=2.0) for _ in range(6)]
    assert waited == [0.0, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_process_that_never_served_is_restarted_after_a_pause() -> None:
    pauses = RestartPauses(Backoff(first=1.0, longest=4.0))
    waited = [pauses.after_death(served=False, lived=0.5) for _ in range(4)]
    assert waited == [1.0, 2.0, 4.0, 4.0]


def test_process_that_served_for_long_is_restarted_at_once_again() -> None:
    pauses = RestartPauses(Backoff(first=1.0, longest=8.0))
    for _ in range(5):
        pauses.after_death(served=True, lived=1.0)
    assert pauses.after_death(served=True, lived=8.1) == 0.0
    assert pauses.after_death(served=True, lived=1.0) == 1.0


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100))))
def test_pause_is_bounded_and_only_a_healthy_process_has_none_twice(deaths: list[tuple[bool, float]]) -> None:
    pauses = RestartPauses(Backoff(first=1.0, longest=8.0))
    before = None
    for served, lived in deaths:
        pause = pauses.after_death(served=served, lived=lived)
        assert 0.0 <= pause <= 8.0
        if before == 0.0 and pause == 0.0:
            assert served
            assert lived > 8.0
        before = pause
