"""docs/security.md names tests that exist."""

from __future__ import annotations

import re

from tests.e2e.servers import ROOT


def test_security_page_names_existing_tests() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/security.md").read_text()))

    assert named
    assert {name for name in named if f"def {name}(" not in tests} == set()
