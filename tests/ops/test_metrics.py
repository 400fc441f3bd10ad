"""Metrics, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from raas.ops.metrics import Metrics


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    made = Metrics()
    yield made
    made.close()


def scrape(port: int) -> dict[str, float]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
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
    assert read[f'raas_call_seconds_bucket{{le="0.002",{inscribe}}}'] == 0
    assert read[f'raas_call_seconds_bucket{{le="0.005",{inscribe}}}'] == 3


def test_what_is_watched_is_read_when_asked(metrics: Metrics) -> None:
    waiting = [1.0]
    metrics.watch("lane_waiting_operations", "Operations that wait.", lambda: waiting[0])
    port = metrics.serve("127.0.0.1:0")
    assert scrape(port)["raas_lane_waiting_operations"] == 1
    waiting[0] = 7
    assert scrape(port)["raas_lane_waiting_operations"] == 7


def test_workers_listen_side_by_side(metrics: Metrics) -> None:
    base = metrics.serve("127.0.0.1:0")
    metrics.close()
    other = Metrics()
    try:
        assert other.serve(f"127.0.0.1:{base - 1}", worker=1) == base
    finally:
        other.close()


def test_closing_twice_is_closing(metrics: Metrics) -> None:
    metrics.serve("127.0.0.1:0")
    metrics.close()
    metrics.close()
