"""A figure: a measurement, its baseline and its goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` and `baseline` are in `unit`; `aim` is a goal for the ratio unless it names another unit."""

    name: str
    value: float
    unit: str
    baseline_name: str = ""
    baseline: float | None = None
    aim: str = ""

    @property
    def ratio(self) -> float | None:
        """The value divided by its baseline."""
        return self.value / self.baseline if self.baseline else None

    def as_json(self) -> dict[str, Any]:
        """The figure as JSON values."""
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "baseline": {"name": self.baseline_name, "value": round(self.baseline, 4)}
            if self.baseline is not None
            else None,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "aim": self.aim,
        }


def table(figures: Sequence[Figure]) -> str:
    """The figures as text, one per line."""
    header = ("what", "figure", "", "ratio", "to", "aim")
    lines = [header]
    for f in figures:
        ratio = "" if f.ratio is None else f"{f.ratio:.2f}"
        to = "" if f.baseline is None else f"{f.baseline_name} ({_number(f.baseline)} {f.unit})"
        lines.append((f.name, _number(f.value), f.unit, ratio, to, f.aim))
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in (1, 3) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
