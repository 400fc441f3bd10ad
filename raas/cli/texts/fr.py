"""French texts of the command line, by their English text."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {}
