"""The course of one import: where it begins, what each answer adds to it, and how it ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from raas.cli.imports.csv_table import Row, Table
from raas.cli.imports.operations import Operations
from raas.cli.imports.read_ahead import read_ahead
from raas.cli.imports.rejected import RejectedRow, RejectedRows, reasons_text
from raas.cli.imports.state import ImportState, load_state, state_path
from raas.cli.terminal.progress import Meter
from raas.v1.register_service_pb2 import BatchOperation, RejectedOperation
from raas_client import ImportProgress, RaasClient


class ImportRun:
    """Imports a table; after an interruption, another run of the same import resumes it.

    `path` is the file of the table, None for input that cannot be read again: then no state is kept.
    """

    def __init__(self, path: Path | None, rejected_to: Path, table: Table, fresh: ImportState) -> None:
        self.state = fresh
        self.began_at = 0
        self.revision = 0
        self.complete = False
        self.rejected_to = rejected_to
        self._table = table
        self._state_file = state_path(path) if path else None

    async def go(self, client: RaasClient, meter: Meter) -> None:
        """Import the remaining rows.

        Raises RaasError and UNREADABLE; `state` is then that of the last answer.
        """
        asked = await client.import_operations((), import_id=self.state.import_id)
        self.revision = asked.revision
        self._begin(asked.through_offset, meter)
        begun = self.state
        unanswered = _Unanswered(begun.offset)
        rejected = RejectedRows(self.rejected_to, self._table, begun.rejected_bytes)

        def settle(progress: ImportProgress[RejectedOperation]) -> None:
            if progress.answered_offset <= self.state.offset:
                return
            rejected.add(unanswered.take(progress))
            self.revision = progress.revision
            self.state = replace(
                begun,
                offset=progress.answered_offset,
                applied=begun.applied + progress.applied,
                unchanged=begun.unchanged + progress.unchanged,
                rejected=self.state.rejected + len(progress.rejected),
                rejected_bytes=rejected.length,
            )
            if self._state_file:
                self.state.save(self._state_file)
            meter.show(self.done, self._table.position, f", {self.state.rejected:,} rejected")

        with closing(rejected):
            await client.import_operations(
                read_ahead(_operations(self._table, unanswered)),
                import_id=begun.import_id,
                start_offset=begun.offset,
                progress=settle,
            )
        self.complete = True
        if self._state_file:
            self._state_file.unlink(missing_ok=True)

    @property
    def done(self) -> int:
        """How many rows were answered in this run."""
        return self.state.offset - self.began_at

    def _begin(self, through: int, meter: Meter) -> None:
        """Resume from the state that an earlier run left, if the server has come as far."""
        left = load_state(self._state_file) if self._state_file else None
        if left and left.same_import(self.state) and left.offset <= through and self._has_rejected(left):
            self.state = left
            self.began_at = left.offset
            meter.say(f"resuming after row {left.offset:,}")
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


class _Unanswered:
    """The rows that were read and not answered, from offset `start` on."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._rows: deque[tuple[Row, str | None]] = deque()

    def add(self, row: Row, fault: str | None) -> None:
        """Keep the next row; `fault` says why it has no operation."""
        self._rows.append((row, fault))

    def take(self, progress: ImportProgress[RejectedOperation]) -> Iterable[RejectedRow]:
        """Forget the rows that are answered; the rejected ones among them are returned."""
        rejected = {each.offset: each for each in progress.rejected}
        found = []
        for offset in range(self.start, progress.answered_offset):
            row, fault = self._rows.popleft()
            if offset in rejected:
                reasons = f"ROW_MALFORMED: {fault}" if fault else reasons_text(rejected[offset].violations)
                found.append(RejectedRow(row, reasons))
        self.start = progress.answered_offset
        return found


def _operations(table: Table, unanswered: _Unanswered) -> Iterator[BatchOperation]:
    """The operations of all rows; those that will be answered are kept in `unanswered`."""
    operations = Operations(table.columns)
    start, nothing = unanswered.start, BatchOperation()
    for offset, row in enumerate(table.rows()):
        if offset < start:
            yield nothing  # read, and not sent
            continue
        operation, fault = operations.make(row)
        unanswered.add(row, fault)
        yield operation
