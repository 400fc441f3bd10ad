"""The course of one import: where it begins, what each answer adds to it, and how it ends."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from raas.cli.imports.files.csv_rows import Row
from raas.cli.imports.files.read_ahead import read_ahead
from raas.cli.imports.files.source import Source
from raas.cli.imports.files.table import Table
from raas.cli.imports.import_ids import ImportIdRecord
from raas.cli.imports.operations import Made, Operations
from raas.cli.imports.places import Places
from raas.cli.imports.rejected import RejectedRow, RejectedRows, reasons_text
from raas.cli.imports.state import ImportState
from raas.cli.terminal.progress import Meter
from raas.cli.texts import tr
from raas.v1.register_service_pb2 import BatchOperation, RejectedOperation
from raas_client import ImportProgress, RaasClient


class ImportRun:
    """Imports a table; after an interruption, another run of the same import resumes it.

    `record` remembers the content of an import id that the user chose, from the first answer on.
    """

    def __init__(
        self,
        source: Source,
        table: Table,
        operations: Operations,
        places: Places,
        fresh: ImportState,
        record: ImportIdRecord | None = None,
    ) -> None:
        self.state = replace(fresh, rejected_file=str(places.rejected))
        self.began_at = 0
        self.revision = 0
        self.complete = False
        self.outgrown = False
        self.hints: Counter[str] = Counter()
        self._source = source
        self._table = table
        self._operations = operations
        self._places = places
        self._record = record

    async def go(self, client: RaasClient, meter: Meter) -> None:
        """Import the remaining rows.

        Raises RaasError, OSError, FileChanged and Unreadable; `state` is then that of the last answer.
        """
        asked = await client.import_operations((), import_id=self.state.import_id)
        self.revision = asked.revision
        self._begin(asked.through_offset, meter)
        begun = self.state
        unanswered = _Unanswered(begun.offset, self.hints)
        rejected = RejectedRows(Path(begun.rejected_file or ""), self._table, begun.rejected_bytes)

        def settle(progress: ImportProgress[RejectedOperation]) -> None:
            if progress.answered_offset <= self.state.offset:
                return
            if self._record is not None and self.state.offset == 0:
                self._record.write()
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
            self._save()
            more = tr(", {rejected:,} rejected", rejected=self.state.rejected)
            meter.show(self.done, self._source.position, more)

        self._save()
        with closing(rejected):
            await client.import_operations(
                read_ahead(self._all(unanswered)),
                import_id=begun.import_id,
                start_offset=begun.offset,
                progress=settle,
            )
        self.complete = True
        self.outgrown = asked.through_offset > self.state.offset
        if self._places.state:
            self._places.state.unlink(missing_ok=True)

    @property
    def done(self) -> int:
        """The number of rows answered in this run."""
        return self.state.offset - self.began_at

    def _begin(self, through: int, meter: Meter) -> None:
        """Resume from the state that an earlier run left, if the server has come as far."""
        left = self._places.resumed
        if left and left.offset <= through:
            self.state = (
                left if left.rejected_bytes else replace(left, rejected_file=self.state.rejected_file)
            )
            self.began_at = left.offset
            meter.say(tr("resuming after row {row:,}", row=left.offset))
        elif through:
            meter.say(
                tr(
                    "the server has had {rows:,} rows of this import before: they are not applied again "
                    "(to apply them again, give another --import-id)",
                    rows=through,
                )
            )

    def _save(self) -> None:
        if self._places.state:
            self.state.save(self._places.state)

    def _all(self, unanswered: _Unanswered) -> Iterator[BatchOperation]:
        """The operations of all rows; those that will be answered are kept in `unanswered`."""
        start, nothing = unanswered.start, BatchOperation()
        for offset, row in enumerate(self._table.rows):
            if offset < start:
                yield nothing  # read, and not sent
                continue
            made = self._operations.make(row)
            unanswered.add(row, made)
            yield made.operation


class _Unanswered:
    """The rows that were read and not answered, from offset `start` on.

    `hints` counts the hints of rejected rows.
    """

    def __init__(self, start: int, hints: Counter[str]) -> None:
        self.start = start
        self._hints = hints
        self._rows: deque[tuple[Row, Made]] = deque()

    def add(self, row: Row, made: Made) -> None:
        """Keep the next row."""
        self._rows.append((row, made))

    def take(self, progress: ImportProgress[RejectedOperation]) -> Iterable[RejectedRow]:
        """Forget the rows that are answered; returns the rejected ones among them."""
        rejected = {each.offset: each for each in progress.rejected}
        found = []
        for offset in range(self.start, progress.answered_offset):
            row, made = self._rows.popleft()
            if offset in rejected:
                self._hints.update(made.hints)
                found.append(RejectedRow(row, _reasons(made, rejected[offset])))
        self.start = progress.answered_offset
        return found


def _reasons(made: Made, rejected: RejectedOperation) -> str:
    reasons = f"ROW_MALFORMED: {made.fault}" if made.fault else reasons_text(rejected.violations)
    return "; ".join((reasons, *made.hints))
