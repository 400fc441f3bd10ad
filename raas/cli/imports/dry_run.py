"""`raas import --dry-run`: the server checks every row and applies none."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from raas.cli.imports.files.source import Source
from raas.cli.imports.files.table import Table
from raas.cli.imports.operations import Operations
from raas.cli.imports.rejected import reasons_text
from raas.cli.terminal.progress import Meter
from raas.cli.texts import tr
from raas_client import RaasClient

_ROWS_PER_CALL = 1_000
_FAULTS_SHOWN = 20


class DryRun:
    """Checks a table; each thousand rows against the register as it is, not after the rows before them."""

    def __init__(self, source: Source, table: Table, operations: Operations) -> None:
        self.rows = self.rejected = 0
        self.complete = False
        self.hints: Counter[str] = Counter()
        self._source = source
        self._table = table
        self._operations = operations

    async def go(self, client: RaasClient, meter: Meter) -> None:
        """Check all rows; the first that would be rejected are shown. Raises as ImportRun does."""
        while chunk := list(islice(self._table.rows, _ROWS_PER_CALL)):
            made = [self._operations.make(row) for row in chunk]
            answer = await client.apply_batch([each.operation for each in made], validate_only=True)
            for row, each, result in zip(chunk, made, answer.results, strict=True):
                if not result.HasField("rejected"):
                    continue
                self.rejected += 1
                self.hints.update(each.hints)
                if self.rejected <= _FAULTS_SHOWN:
                    reasons = each.fault or reasons_text(result.rejected.violations)
                    meter.say(tr("line {line}: {reasons}", line=row.line, reasons=reasons))
            self.rows += len(chunk)
            meter.show(
                self.rows, self._source.position, tr(", {rejected:,} rejected", rejected=self.rejected)
            )
        self.complete = True
