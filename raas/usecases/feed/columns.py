"""Log entries stored by column, which are read and serialised faster than one object per entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

from raas.usecases.ports.log import LogEntry


class LogEntries(Sequence[LogEntry]):
    """A sequence of entries that holds only columns and builds an entry when it is accessed.

    `columns` is a LogEntry whose every field is the sequence of that field of all entries.
    """

    __slots__ = ("columns",)

    def __init__(self, columns: Any) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns.revision)

    @overload
    def __getitem__(self, index: int) -> LogEntry: ...

    @overload
    def __getitem__(self, index: slice) -> LogEntries: ...

    def __getitem__(self, index: int | slice) -> LogEntry | LogEntries:
        chosen = LogEntry._make([column[index] for column in self.columns])
        return LogEntries(chosen) if isinstance(index, slice) else chosen

    def __iter__(self) -> Iterator[LogEntry]:
        return map(LogEntry._make, zip(*self.columns, strict=True))


def columns_of(entries: Sequence[LogEntry]) -> Any:
    """A LogEntry whose every field is the sequence of that field of all entries, at least one."""
    return entries.columns if isinstance(entries, LogEntries) else LogEntry._make(zip(*entries, strict=True))
