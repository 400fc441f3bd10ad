"""The course of one import: where it begins, what each answer adds to it, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from raas.cli.imports.csv_table import Table
from raas.cli.imports.rejected import RejectedRows
from raas.cli.imports.rows import Message, messages
from raas.cli.imports.state import ImportState, load_state, state_path
from raas.cli.imports.stream import ImportStream
from raas.cli.terminal.progress import Meter
from raas.v1.register_service_pb2 import ImportResponse


class ImportRun:
    """Imports a table; after an interruption, another run of the same import goes on.

    `path` is the file of the table, None for one that cannot be read again: then no state is kept.
    """

    def __init__(self, path: Path | None, rejected_to: Path, table: Table, fresh: ImportState) -> None:
        self.state = fresh
        self.began_at = 0
        self.revision = 0
        self.complete = False
        self.rejected_to = rejected_to
        self._table = table
        self._state_file = state_path(path) if path else None

    def go(self, stream: ImportStream, meter: Meter) -> None:
        """Import what is left. Raises ImportFailed and UNREADABLE, with `state` that of the last answer."""
        asked = stream.ask()
        self.revision = asked.revision
        self._begin(asked.through_offset, meter)
        rejected = RejectedRows(self.rejected_to, self._table, self.state.rejected_bytes)
        try:
            left = messages(self._table.columns, self._table.rows(), self.state.offset)
            for message, answer in stream.answers(left):
                rejected.add(message, answer)
                self._settle(message, answer, rejected.length)
                meter.show(self.done, self._table.position, f", {self.state.rejected:,} rejected")
        finally:
            rejected.close()
        self.complete = True
        if self._state_file:
            self._state_file.unlink(missing_ok=True)

    @property
    def done(self) -> int:
        """How many rows this run has brought to an answer."""
        return self.state.offset - self.began_at

    def _begin(self, through: int, meter: Meter) -> None:
        """Go on from the state that an earlier run left, if it fits what the server remembers."""
        left = load_state(self._state_file) if self._state_file else None
        if left and left.same_import(self.state) and left.offset <= through and self._has_rejected(left):
            self.state = left
            self.began_at = left.offset
            meter.say(f"going on behind row {left.offset:,}")
        elif through:
            meter.say(
                f"the server has had {through:,} rows of this import before: they are not applied again "
                "(to apply them again, give another --import-id)"
            )

    def _has_rejected(self, left: ImportState) -> bool:
        """Whether the rejected rows of that state are still there."""
        if not left.rejected_bytes:
            return True
        return self.rejected_to.exists() and self.rejected_to.stat().st_size >= left.rejected_bytes

    def _settle(self, message: Message, answer: ImportResponse, rejected_bytes: int) -> None:
        self.revision = answer.revision
        self.state = replace(
            self.state,
            offset=message.through,
            applied=self.state.applied + answer.applied,
            unchanged=self.state.unchanged + answer.unchanged,
            rejected=self.state.rejected + len(answer.rejected),
            rejected_bytes=rejected_bytes,
        )
        if self._state_file:
            self.state.save(self._state_file)
