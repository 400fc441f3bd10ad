"""A function whose results are kept: the same days and periods come again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedMemo(dict[Key, Value]):
    """The results of a pure function of one argument, made when first asked for.

    Looking one up costs a quarter of what `lru_cache` costs, and one that is not there half as much: rows
    are read and written by the hundred thousand. At most `limit` are kept; then it begins anew, so that
    callers who send ever different values cannot fill the memory. What the function raises is raised, and
    asked again.
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
