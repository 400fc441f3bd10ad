"""The offsets of an import: one rule for the import of operations and that of persons.

An import with an id is a sequence of rows of which the server stores the offset that it has reached. Rows
below the stored offset are skipped, so that each row is applied once, whatever is sent again and however
many streams send it at the same time.
"""

from __future__ import annotations

from raas.domain.errors import Reason, Refused, refuse


class MessageOffsets:
    """The offsets of the messages of one stream."""

    def __init__(self) -> None:
        self._next: int | None = None

    def follow(self, offset: int, rows: int, *, has_id: bool) -> None:
        """Take the next message. Without an import id a gap raises Refused IMPORT_OFFSET_AHEAD."""
        if not has_id and self._next is not None and offset != self._next:
            raise _ahead(self._next)
        self._next = offset + rows


def rows_to_skip(stored: int, offset: int, rows: int) -> int:
    """The number of the `rows` rows from `offset` on that lie below the stored offset.

    Raises Refused IMPORT_OFFSET_AHEAD if rows are missing in between.
    """
    if offset > stored:
        raise _ahead(stored)
    return min(stored - offset, rows)


def _ahead(through: int) -> Refused:
    return refuse(Reason.IMPORT_OFFSET_AHEAD, "offset", through_offset=str(through))
