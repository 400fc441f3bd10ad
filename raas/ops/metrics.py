"""Metrics for Prometheus. docs/operations.md lists them; a test compares that list with /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from raas.ops.addresses import split_address

_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

_READ_SECONDS = 1.0
"""The time that a scrape waits for a busy event loop to read a gauge, which is then omitted."""


class Metrics:
    """The metrics of one process; they are collected always and exposed after `serve`."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Counter("raas_calls", "Calls answered.", ("rpc", "status"), registry=self._registry)
        self._durations = Histogram(
            "raas_call_duration_seconds",
            "Seconds from the first byte of a call to its answer; a stream counts as one call.",
            ("rpc",),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._task_failures = Counter(
            "raas_background_task_failures",
            "Background tasks that ended with an unexpected error and were started again.",
            ("task",),
            registry=self._registry,
        )
        self._refusals = Counter(
            "raas_limit_refusals",
            "Calls refused because their caller had used up this limit.",
            ("limit",),
            registry=self._registry,
        )
        self._used_up = Counter(
            "raas_budgets_used_up",
            "Callers that used up this budget of a day.",
            ("budget",),
            registry=self._registry,
        )
        self._server: tuple[WSGIServer, Thread] | None = None
        # The lookup of a metric by its labels takes longer than the increment.
        self._counters: dict[tuple[str, str], Counter] = {}
        self._histograms: dict[str, Histogram] = {}

    def answered(self, rpc: str, status: str, seconds: float) -> None:
        """Count a call."""
        counter = self._counters.get((rpc, status))
        if counter is None:
            counter = self._counters[rpc, status] = self._calls.labels(rpc, status)
        counter.inc()
        histogram = self._histograms.get(rpc)
        if histogram is None:
            histogram = self._histograms[rpc] = self._durations.labels(rpc)
        histogram.observe(seconds)

    def limit_exceeded(self, limit: str) -> None:
        """Count a call that a limit of its caller refused."""
        self._refusals.labels(limit).inc()

    def budget_used_up(self, budget: str) -> None:
        """Count a caller that used up a budget."""
        self._used_up.labels(budget).inc()

    def task_failed(self, task: str) -> None:
        """Count a background task that failed."""
        self._task_failures.labels(task).inc()

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Expose the result of `read` as the gauge `name`, read at every scrape.

        Scrapes are served by another thread. `read` runs on the event loop that called `watch`, so that it
        may look at the state of that loop.
        """
        self._registry.register(_LoopGauge(name, meaning, read, asyncio.get_running_loop()))

    def serve(self, listen: str, worker: int = 0) -> int:
        """Serve the metrics over HTTP; worker n listens on the port plus n. Returns the port."""
        host, port = split_address(listen)
        self._server = start_http_server(port + worker if port else 0, host, self._registry)
        return int(self._server[0].server_port)

    def close(self) -> None:
        """Stop serving."""
        if self._server is not None:
            server, thread = self._server
            server.shutdown()
            server.server_close()
            thread.join()
            self._server = None


class _LoopGauge(Collector):
    """A gauge whose value is read on an event loop."""

    def __init__(
        self, name: str, meaning: str, read: Callable[[], float], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._name = name
        self._meaning = meaning
        self._read = read
        self._loop = loop

    def describe(self) -> Iterator[Metric]:
        """The metric without its value: registering it reads nothing."""
        yield GaugeMetricFamily(self._name, self._meaning)

    def collect(self) -> Iterator[Metric]:
        """The metric; without a value when the loop does not answer in time or is closed."""
        family = GaugeMetricFamily(self._name, self._meaning)
        value: Future[float] = Future()
        try:
            self._loop.call_soon_threadsafe(self._read_into, value)
        except RuntimeError:  # the loop is closed
            yield family
            return
        try:
            family.add_metric([], value.result(_READ_SECONDS))
        except TimeoutError:
            value.cancel()
        yield family

    def _read_into(self, value: Future[float]) -> None:
        if not value.set_running_or_notify_cancel():
            return  # the scrape no longer waits
        try:
            value.set_result(self._read())
        except Exception as error:
            # The scrape fails, and Prometheus shows the target as down.
            value.set_exception(error)
