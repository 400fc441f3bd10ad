"""docs/guarantees.md names validators and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.stream.validate import VALIDATORS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text()


def test_guarantees_name_existing_tests() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert {name for name in named if f"def {name}(" not in tests} == set()


def test_guarantees_name_every_validator() -> None:
    assert {v.__name__ for v in VALIDATORS if f"`{v.__name__}`" not in PAGE} == set()
