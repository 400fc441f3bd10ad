"""The outcomes of checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check."""

    subject: str
    outcome: Outcome
    text: str
