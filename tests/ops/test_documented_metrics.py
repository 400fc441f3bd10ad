"""docs/operations.md lists exactly the metrics that a server exposes."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.request import urlopen

from tests.e2e.servers import ROOT, free_port, running_server


def test_documented_metrics_are_those_of_a_running_server(tmp_path: Path) -> None:
    port = free_port()
    with (
        running_server(tmp_path, "--metrics-listen", f"127.0.0.1:{port}"),
        urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as response,
    ):
        exposed = re.findall(r"^# TYPE (\S+)", response.read().decode(), re.MULTILINE)
    page = (ROOT / "docs" / "operations.md").read_text()
    documented = re.findall(r"^\| `(raas_\w+)(?:\{[\w, ]+\})?` \|", page, re.MULTILINE)
    # The library adds the time of creation to each counter and histogram.
    assert sorted(documented) == sorted(name for name in exposed if not name.endswith("_created"))
