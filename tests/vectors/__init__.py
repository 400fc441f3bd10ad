"""The test vectors, for the tests of all packages.

`niss.json`: numbers that are valid, invalid, or valid under the test profile only. `operations.csv`:
20,000 inscriptions and removals for one register (test profile); a removal without days removes the
dossier. `lines.csv` has the lines that must remain; `lines-after-half.csv` after the first 10,000.
"""

from __future__ import annotations

import csv
import json
import lzma
from pathlib import Path
from typing import Any, NamedTuple

_HERE = Path(__file__).parent


class OperationRow(NamedTuple):
    """One row of operations.csv; an absent day is None."""

    operation: str
    niss: str
    dossier_type: str
    begin: str | None
    end: str | None


class LineRow(NamedTuple):
    """One row of lines.csv; both days inclusive, None = no end."""

    niss: str
    dossier_type: str
    begin: str
    end: str | None


def niss_vectors() -> dict[str, Any]:
    """The content of niss.json."""
    vectors: dict[str, Any] = json.loads((_HERE / "niss.json").read_text())
    return vectors


def operations() -> list[OperationRow]:
    """The 20,000 operations, in their order."""
    return [
        OperationRow(
            row["operation"], row["niss"], row["dossier_type"], row["begin"] or None, row["end"] or None
        )
        for row in _rows("operations.csv.xz")
    ]


def lines() -> list[LineRow]:
    """The lines after all operations, ordered by NISS, dossier type and day."""
    return _lines("lines.csv.xz")


def lines_after_half() -> list[LineRow]:
    """The lines after the first 10,000 operations, in the same order."""
    return _lines("lines-after-half.csv.xz")


def _lines(name: str) -> list[LineRow]:
    return [
        LineRow(row["niss"], row["dossier_type"], row["begin"], row["end"] or None) for row in _rows(name)
    ]


def _rows(name: str) -> list[dict[str, str]]:
    with lzma.open(_HERE / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
