"""Readiness: each change is passed on once."""

from __future__ import annotations

from raas.ops.readiness import Readiness


def test_each_change_of_readiness_is_passed_on_once() -> None:
    told: list[bool] = []
    readiness = Readiness(told.append)
    assert not readiness.ready
    for reason in (None, None, "no answer", "AdminShutdown 57P01", None):
        readiness.tested(reason)
        assert readiness.ready is (reason is None)
    assert told == [True, False, True]


def test_server_whose_database_never_answered_is_not_ready() -> None:
    told: list[bool] = []
    Readiness(told.append).tested("no answer")
    assert told == [False]
