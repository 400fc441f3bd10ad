"""Which named subscribers are said to be here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.feed.presence import Presence
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.subscriber_store import SubscriberKey

ONE, OTHER = (SubscriberKey(1, EnterpriseNumber(7), name) for name in ("one", "other"))


class Seen:
    """What the store was told."""

    def __init__(self) -> None:
        self.told: list[tuple[set[SubscriberKey], set[SubscriberKey]]] = []
        self.faults: list[Exception] = []

    async def seen(self, connected: Collection[SubscriberKey], gone: Collection[SubscriberKey]) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.told.append((set(connected), set(gone)))


def _presence() -> tuple[Presence, Seen]:
    told = Seen()
    return Presence(cast(Any, told)), told


async def test_nobody_is_nothing_to_tell() -> None:
    presence, told = _presence()
    with presence.of(None):
        await presence.tell()
    assert told.told == []


async def test_a_subscriber_is_here_while_any_of_its_streams_is_open() -> None:
    presence, told = _presence()
    with presence.of(ONE):
        with presence.of(ONE), presence.of(OTHER):
            await presence.tell()
        await presence.tell()
    await presence.tell()
    await presence.tell()
    assert told.told == [({ONE, OTHER}, set()), ({ONE}, {OTHER}), (set(), {ONE})]


async def test_who_comes_back_before_it_was_told_is_not_gone() -> None:
    presence, told = _presence()
    with presence.of(ONE):
        pass
    with presence.of(ONE):
        await presence.tell()
    assert told.told == [({ONE}, set())]


async def test_what_could_not_be_told_is_told_later() -> None:
    presence, told = _presence()
    with presence.of(ONE):
        pass
    told.faults = [StoreUnavailable("restarting")]
    await presence.tell()
    await presence.tell()
    assert told.told == [(set(), {ONE})]
