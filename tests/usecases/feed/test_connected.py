"""Which named subscribers are reported as connected."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from raas.usecases.feed.connected import ConnectedSubscribers
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.subscriber_store import SubscriberKey

ONE, OTHER = (SubscriberKey(1, "0000000097", name) for name in ("one", "other"))


class Seen:
    """Records the reports to the store."""

    def __init__(self) -> None:
        self.reports: list[tuple[set[SubscriberKey], set[SubscriberKey]]] = []
        self.faults: list[Exception] = []

    async def seen(self, connected: Collection[SubscriberKey], gone: Collection[SubscriberKey]) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.reports.append((set(connected), set(gone)))


def _connected() -> tuple[ConnectedSubscribers, Seen]:
    store = Seen()
    return ConnectedSubscribers(cast(Any, store)), store


async def test_nothing_is_reported_without_named_subscribers() -> None:
    subscribers, store = _connected()
    with subscribers.of(None):
        await subscribers.report()
    assert store.reports == []


async def test_subscriber_is_connected_while_any_of_its_streams_is_open() -> None:
    subscribers, store = _connected()
    with subscribers.of(ONE):
        with subscribers.of(ONE), subscribers.of(OTHER):
            await subscribers.report()
        await subscribers.report()
    await subscribers.report()
    await subscribers.report()
    assert store.reports == [({ONE, OTHER}, set()), ({ONE}, {OTHER}), (set(), {ONE})]


async def test_subscriber_that_reconnects_before_a_report_is_not_reported_gone() -> None:
    subscribers, store = _connected()
    with subscribers.of(ONE):
        pass
    with subscribers.of(ONE):
        await subscribers.report()
    assert store.reports == [({ONE}, set())]


async def test_report_that_fails_is_repeated() -> None:
    subscribers, store = _connected()
    with subscribers.of(ONE):
        pass
    store.faults = [StoreUnavailable("restarting")]
    await subscribers.report()
    await subscribers.report()
    assert store.reports == [(set(), {ONE})]
