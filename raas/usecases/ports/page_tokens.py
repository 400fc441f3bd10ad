"""Opaque page tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class PageSeal(Protocol):
    """Makes page tokens opaque: what they carry cannot be read, forged or moved to another use."""

    def seal(self, content: Mapping[str, Any]) -> str:
        """A token for `content` (JSON values)."""

    def open(self, token: str) -> Mapping[str, Any]:
        """The content of a token made here or by another process on the same store.

        Raises Refused PAGE_TOKEN_INVALID.
        """
