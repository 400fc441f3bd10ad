"""The cost of the audit: calls with and without records, in slices that alternate between two servers."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial

from benchmarks.figures import Figure
from benchmarks.load import DRIVER, calls_per_second
from benchmarks.servers import Servers, new_register
from benchmarks.unary import CONSULT, IN_FLIGHT, SERVICE, median_commit, median_seconds, rate_of_writes

PAIRS, CALLS = 10, 4_000
ALONE = 1_000


def recording(servers: Servers) -> list[Figure]:
    """Inscribe and Consult under load, and Consult of one caller."""
    recorded, unrecorded = servers.raas(), servers.raas(recorded=False)
    number, other = new_register(recorded), new_register(unrecorded)
    consult = CONSULT.SerializeToString()

    def writes(target: str, register: str) -> float:
        return rate_of_writes(target, register, CALLS)

    def reads(target: str, register: str) -> float:
        return calls_per_second(target, SERVICE + "Consult", register, [consult] * 2, CALLS, IN_FLIGHT)

    figures = []
    for name, load, aim in (("Inscribe", writes, "≥ 0.85"), ("Consult", reads, "≥ 0.8")):
        rates = _alternating(partial(load, recorded, number), partial(load, unrecorded, other))
        title = f"{name} with audit records, {IN_FLIGHT} in flight ({DRIVER})"
        figures.append(Figure(title, rates[0], "calls/s", "without", rates[1], aim))
    alone = _alternating(
        lambda: median_seconds(recorded, SERVICE + "Consult", number, [consult] * ALONE),
        lambda: median_seconds(unrecorded, SERVICE + "Consult", other, [consult] * ALONE),
    )
    committed = median_commit(servers.dsn(), ALONE)
    return [
        *figures,
        Figure(
            "Consult with an audit record, one caller, p50",
            alone[0] * 1000,
            "ms",
            "without, and one committed INSERT",
            (alone[1] + committed) * 1000,
        ),
    ]


def _alternating(first: Callable[[], float], second: Callable[[], float]) -> tuple[float, float]:
    """The medians of both, after a slice of each that does not count; each begins every other pair."""
    first(), second()
    measured: tuple[list[float], list[float]] = [], []
    for pair in range(PAIRS):
        order = ((0, first), (1, second))
        for place, measure in order if pair % 2 else reversed(order):
            measured[place].append(measure())
    return statistics.median(measured[0]), statistics.median(measured[1])
