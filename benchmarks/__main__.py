"""`make bench`: every figure with its baseline of the same run, as a table and as JSON.

    python -m benchmarks [NAME ...] [--json FILE]

Names: unary, latency, batch, import, export, overwrite, stream-latency, stream-catch-up, stream-
subscribers, recording, search, greedy-caller, indistinguishable; audit-queries runs only when it is named. A
ratio compares two measurements from the same machine and the same minute. Absolute figures cannot be
compared across machines.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import audit_queries, fairness, indistinguishable, recording, rows, search, stream, unary
from benchmarks.figures import Figure, table
from benchmarks.servers import Servers

BENCHMARKS: dict[str, Callable[[Servers], list[Figure]]] = {
    "unary": unary.throughput,
    "latency": unary.latency,
    "batch": rows.batches,
    "import": rows.imports,
    "export": rows.exports,
    "overwrite": rows.overwritten,
    "stream-latency": stream.latency,
    "stream-catch-up": stream.catch_up,
    "stream-subscribers": stream.subscribers,
    "recording": recording.recording,
    "search": search.searches,
    "greedy-caller": fairness.greedy_caller,
    "indistinguishable": indistinguishable.indistinguishable,
}

ON_REQUEST: dict[str, Callable[[Servers], list[Figure]]] = {"audit-queries": audit_queries.audit_queries}
"""Those that run only when they are named: they take long, and much disk."""


def main() -> None:
    """Run the benchmarks named, all by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS, *ON_REQUEST], metavar="NAME")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/latest.json"))
    arguments = parser.parse_args()
    figures: list[Figure] = []
    for name in arguments.names or BENCHMARKS:
        print(f"… {name}", file=sys.stderr, flush=True)
        with Servers() as servers:
            figures += (BENCHMARKS | ON_REQUEST)[name](servers)
    print(table(figures))
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    result = {"machine": machine, "figures": [figure.as_json() for figure in figures]}
    arguments.json.write_text(json.dumps(result, indent=2) + "\n")
    print(f"\n{arguments.json}")


if __name__ == "__main__":
    main()
