"""docs/operations.md lists every background task of a server."""

from __future__ import annotations

import re

from tests.e2e.servers import ROOT

_TASK = re.compile(r'keep_running\(\s*"([^"]+)"')
_FEED_TASK = re.compile(r'^            "([a-z ]+)": self\._', re.MULTILINE)


def test_documented_background_tasks_are_those_of_the_code() -> None:
    tasks: set[str] = set()
    for path in (ROOT / "raas").rglob("*.py"):
        tasks.update(_TASK.findall(path.read_text()))
    tasks.update(_FEED_TASK.findall((ROOT / "raas/usecases/feed/service.py").read_text()))
    page = (ROOT / "docs/operations.md").read_text()
    table = page.split("**Background tasks.**")[1].split("\n\n")[1]
    assert sorted(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)) == sorted(tasks)
