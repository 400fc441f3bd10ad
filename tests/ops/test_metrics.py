"""Metrics, as Prometheus reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from raas.ops.metrics import Metrics
from tests.e2e.servers import free_port


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    made = Metrics()
    yield made
    made.close()


def scrape(port: int) -> dict[str, float]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as response:
        lines = response.read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_calls_are_counted_by_method_and_status(metrics: Metrics) -> None:
    for status in ("OK", "OK", "NOT_FOUND"):
        metrics.answered("/raas.v1.RegisterService/Inscribe", status, 0.003)
    read = scrape(metrics.serve("127.0.0.1:0"))
    inscribe = 'rpc="/raas.v1.RegisterService/Inscribe"'
    assert read[f'raas_calls_total{{{inscribe},status="OK"}}'] == 2
    assert read[f'raas_calls_total{{{inscribe},status="NOT_FOUND"}}'] == 1
    assert read[f'raas_call_duration_seconds_bucket{{le="0.002",{inscribe}}}'] == 0
    assert read[f'raas_call_duration_seconds_bucket{{le="0.005",{inscribe}}}'] == 3


def test_failures_of_background_tasks_are_counted_by_task(metrics: Metrics) -> None:
    metrics.task_failed("feed dispatcher")
    read = scrape(metrics.serve("127.0.0.1:0"))
    assert read['raas_background_task_failures_total{task="feed dispatcher"}'] == 1


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy event loop may need longer than the second for which a scrape waits."""
    monkeypatch.setattr("raas.ops.metrics._READ_SECONDS", 30.0)


@pytest.mark.usefixtures("patient")
async def test_watched_gauge_is_read_at_every_scrape(metrics: Metrics) -> None:
    waiting = [1.0]
    metrics.watch("raas_waiting", "Operations that wait.", lambda: waiting[0])
    port = metrics.serve("127.0.0.1:0")
    assert (await asyncio.to_thread(scrape, port))["raas_waiting"] == 1
    waiting[0] = 7
    assert (await asyncio.to_thread(scrape, port))["raas_waiting"] == 7


@pytest.mark.usefixtures("patient")
async def test_watched_gauge_may_iterate_what_the_event_loop_changes(metrics: Metrics) -> None:
    queues = dict.fromkeys(range(200_000), 1)
    metrics.watch("raas_waiting", "Operations that wait.", lambda: sum(each for each in queues.values()))
    scraping = asyncio.create_task(asyncio.to_thread(scrape, metrics.serve("127.0.0.1:0")))
    while not scraping.done():
        queues[len(queues)] = 1
        await asyncio.sleep(0)
    assert 200_000 < (await scraping)["raas_waiting"] <= len(queues)


async def test_scrape_while_the_event_loop_is_blocked_leaves_the_gauge_out(metrics: Metrics) -> None:
    metrics.watch("raas_waiting", "Operations that wait.", lambda: 1.0)
    with ThreadPoolExecutor(1) as threads:
        # Called on the loop: it is blocked until the scrape is over.
        read = threads.submit(scrape, metrics.serve("127.0.0.1:0")).result()
    assert "raas_waiting" not in read


async def test_scrape_fails_when_a_gauge_cannot_be_read(metrics: Metrics) -> None:
    def broken() -> float:
        raise ValueError

    metrics.watch("raas_waiting", "Operations that wait.", broken)
    with pytest.raises(URLError):
        await asyncio.to_thread(scrape, metrics.serve("127.0.0.1:0"))


def test_workers_listen_on_consecutive_ports(metrics: Metrics) -> None:
    port = free_port()
    assert metrics.serve(f"127.0.0.1:{port - 1}", worker=1) == port


def test_close_can_be_called_twice(metrics: Metrics) -> None:
    metrics.serve("127.0.0.1:0")
    metrics.close()
    metrics.close()
