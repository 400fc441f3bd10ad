"""A memo of function results: the same days and periods occur again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedMemo(dict[Key, Value]):
    """The results of a pure function of one argument, computed on first use.

    A hit takes a quarter of the time of `lru_cache`, and a miss half of it: imports read and write rows by
    the hundred thousand. At most `limit` results are kept; then the memo is emptied, so that callers who send
    ever new values cannot fill the memory. Errors of the function pass through and are not kept.
    """

    def __init__(self, function: Callable[[Key], Value], limit: int = 65_536) -> None:
        super().__init__()
        self._function = function
        self._limit = limit

    def __missing__(self, key: Key) -> Value:
        value = self._function(key)
        if len(self) >= self._limit:
            self.clear()
        self[key] = value
        return value
