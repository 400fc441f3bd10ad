"""Metrics for Prometheus: calls by method and status, and whatever the wiring lets it watch."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from raas.ops.settings import split_address

_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """The metrics of one process; made whether or not anybody reads them, `serve` lets them be read."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Counter("raas_calls", "Calls answered.", ("rpc", "status"), registry=self._registry)
        self._seconds = Histogram(
            "raas_call_seconds",
            "Seconds from the first byte of a call to its answer; streams count whole.",
            ("rpc",),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._server: tuple[WSGIServer, Thread] | None = None
        # Finding the child of a metric by its labels costs more than counting.
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
            histogram = self._histograms[rpc] = self._seconds.labels(rpc)
        histogram.observe(seconds)

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Show what `read` answers, each time somebody looks, as the gauge `raas_` + name.

        For the write lanes: `lane_waiting_operations`, `lanes`. `read` runs in another thread.
        """
        Gauge(f"raas_{name}", meaning, registry=self._registry).set_function(read)

    def serve(self, listen: str, worker: int = 0) -> int:
        """Serve the metrics over HTTP; worker n listens n ports further. Answers the port."""
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
