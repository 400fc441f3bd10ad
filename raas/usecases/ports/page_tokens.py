"""Opaque page tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class PageSeal(Protocol):
    """Makes page tokens opaque: nobody outside can read, forge or alter their content."""

    def seal(self, content: Mapping[str, Any]) -> str:
        """A token for `content` (JSON values)."""

    def open(self, token: str) -> Mapping[str, Any]:
        """The content of a token made here or by another process on the same store.

        Raises Refused PAGE_TOKEN_INVALID.
        """
