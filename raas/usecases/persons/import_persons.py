"""ImportPersons: apply the rows of the authentic source, each exactly once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from raas.domain.errors import Refused
from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.registers.mutation import Stamp
from raas.usecases.calls.call import Call
from raas.usecases.calls.import_offsets import MessageOffsets, rows_to_skip
from raas.usecases.persons.import_progress import (
    MessageProgress,
    PersonImportAnswer,
    PersonImportMessage,
    RowsOutcome,
    RowWarnings,
)
from raas.usecases.persons.import_rows import Find, ImportedPerson, apply_row, nobody
from raas.usecases.persons.transaction import PersonTransactions
from raas.usecases.ports.persons import AddResult, PersonStore, Progress, Rejection
from raas.usecases.ports.write_store import ImportKey

_ROWS_AT_ONCE = 500
"""Rows examined for one transaction."""
_ROWS_AMONG_ALTERING = 50
"""The same after a transaction of altering rows."""
_ALTERED_AT_ONCE = 25
"""Altering rows in a transaction that excludes all writers: some ten milliseconds of work."""
_BETWEEN = 5
"""Rows that do not alter between two that do: more of them end the transaction."""


class ImportPersons:
    """The use case ImportPersons; `run` serves one stream."""

    def __init__(self, store: PersonStore, transactions: PersonTransactions) -> None:
        self._store = store
        self._transactions = transactions

    async def run(
        self, call: Call, messages: AsyncIterator[PersonImportMessage]
    ) -> AsyncIterator[PersonImportAnswer]:
        """One answer per message, in order, each sent once its message is committed.

        With an import id, rows below the offset the server keeps are skipped, never applied twice; a
        message above it is refused with IMPORT_OFFSET_AHEAD, and so is a gap without one.
        """
        key: ImportKey | None = None
        stamp = call.stamp()
        offsets = MessageOffsets()
        first = True
        async for message in messages:
            if first and message.import_id is not None:
                caller = call.caller.key
                key = (caller.text, message.import_id)
                if caller.earlier_text is not None:
                    await self._store.adopt_import(key, caller.earlier_text)
                stamp = call.stamp(message.import_id)
            first = False
            offsets.follow(message.offset, len(message.rows), has_id=key is not None)
            yield await self._message(call, message, key, stamp)

    async def _message(
        self, call: Call, message: PersonImportMessage, key: ImportKey | None, stamp: Stamp
    ) -> PersonImportAnswer:
        progress = MessageProgress(call, message, key, stamp, message.offset)
        await self._skip_applied(progress)
        rows_at_once = _ROWS_AT_ONCE
        while progress.rows:
            outcome = await self._next_rows(progress, rows_at_once)
            if outcome is None:
                # Another stream of the same import has moved the stored offset.
                await self._skip_applied(progress)
                continue
            # After a row that changes data, the next ones often do so too: reading far ahead would be wasted.
            rows_at_once = _ROWS_AMONG_ALTERING if outcome.altering else _ROWS_AT_ONCE
            progress.add(outcome)
        return progress.answer()

    async def _skip_applied(self, progress: MessageProgress) -> None:
        """Skip the rows below the stored offset, and repeat what was reported about them."""
        if progress.key is None:
            return
        progress.stored = await self._store.import_offset(progress.key)
        begin, rows = progress.offset, progress.rows
        skipped = rows_to_skip(progress.stored, begin, len(rows))
        if not skipped:
            return
        rejected = await self._store.rejections(progress.key, begin, begin + skipped)
        refused = {offset for offset, _ in rejected}
        progress.place += skipped
        progress.rejected += rejected
        # The state that a skipped row met is past: only the row itself is examined again.
        progress.warnings += [
            (offset, broken)
            for offset, row in enumerate(rows[:skipped], begin)
            if offset not in refused and not row.violations and (broken := row.warnings(nobody))
        ]

    async def _next_rows(self, progress: MessageProgress, rows_at_once: int) -> RowsOutcome | None:
        """Apply some of the rows that are left, from the first on, in one transaction.

        Rows that only add numbers are applied together, without a lock; otherwise a few rows that change
        known persons. None = another stream of the import has moved the stored offset: nothing was written.
        """
        rows, offset = progress.rows[:rows_at_once], progress.offset
        find = await self._records(rows)
        added: dict[Niss, Person] = {}
        applied = 0
        rejected: list[Rejection] = []
        warnings: list[RowWarnings] = []
        altering = len(rows)
        for index, row in enumerate(rows):
            if progress.is_done(row):
                applied += 1
                continue
            faults = row.faults(find)
            if row.niss in added or (not faults and row.alters(find)) or _waits(progress, row, find):
                altering = index
                break
            if faults:
                rejected.append((offset + index, faults))
                continue
            if broken := row.warnings(find):
                warnings.append((offset + index, broken))
            if row.known(find) is None:
                new = row.person()
                added[new.niss] = new
            applied += row.niss in added
        if altering:
            key = progress.key
            reached = Progress(key, offset, offset + altering, rejected) if key else None
            result = AddResult.ADDED
            if added or reached:
                result = await self._store.add(list(added.values()), reached)
            if result is AddResult.OFFSET_MOVED:
                return None
            if result is AddResult.ADDED:
                return RowsOutcome(altering, applied, rejected, warnings)
        # The first row alters something, or another transaction has just added one of the numbers.
        return await self._alter(progress, _altering(rows, find))

    async def _alter(self, progress: MessageProgress, rows: Sequence[ImportedPerson]) -> RowsOutcome | None:
        """Apply the rows in one transaction that excludes all writers; None as in `_next_rows`."""
        await self._add_needed(progress, rows)
        key, offset = progress.key, progress.offset
        applied = 0
        rejected: list[Rejection] = []
        warnings: list[RowWarnings] = []
        async with self._transactions.begin(_numbers(rows)) as transaction:
            if key and await transaction.import_offset(key) != offset:
                return None
            find = transaction.records.person
            for index, row in enumerate(rows):
                if progress.is_done(row):
                    applied += 1
                    continue
                # One by one: a row may be about a number that an earlier one has just changed.
                faults = row.faults(find)
                broken = () if faults else row.warnings(find)
                if not faults:
                    try:
                        applied += await apply_row(transaction, row, progress.stamp)
                    except Refused as refused:
                        faults = refused.violations
                if faults:
                    rejected.append((offset + index, faults))
                elif broken:
                    warnings.append((offset + index, broken))
            if key:
                await transaction.advance_import(Progress(key, offset, offset + len(rows), rejected))
            await transaction.commit(progress.call)
        return RowsOutcome(len(rows), applied, rejected, warnings, altering=True)

    async def _add_needed(self, progress: MessageProgress, rows: Sequence[ImportedPerson]) -> None:
        """Add the unknown numbers that these rows need, if a row further down in the message can add them."""
        needed = _needed_early(progress, rows)
        while needed:
            known = await self._store.persons(needed.keys())
            added = [row.person() for niss, row in needed.items() if niss not in known]
            if not added:
                return
            if await self._store.add(added, None) is AddResult.ADDED:
                progress.added_early |= {person.niss for person in added}
                return
            # Another transaction has just added one of them, so none was added: the others are still needed.

    async def _records(self, rows: Sequence[ImportedPerson]) -> Find:
        """The records of the numbers of these rows, and of the successors of those that were replaced."""
        known = dict(await self._store.persons(_numbers(rows)))
        successors = {p.successor for p in known.values() if p.successor is not None} - known.keys()
        if successors:
            known |= await self._store.persons(successors)
        return known.get


def _numbers(rows: Sequence[ImportedPerson]) -> set[Niss]:
    return {niss for row in rows for niss in (row.niss, row.replaced_by) if niss is not None}


def _altering(rows: Sequence[ImportedPerson], find: Find) -> Sequence[ImportedPerson]:
    """The rows for one transaction that excludes all writers: the first one, and others that alter."""
    last = altering = 0
    for index, row in enumerate(rows[1:], 1):
        if not row.faults(find) and row.alters(find):
            last, altering = index, altering + 1
        if altering == _ALTERED_AT_ONCE - 1 or index - last == _BETWEEN:
            break
    return rows[: last + 1]


def _waits(progress: MessageProgress, row: ImportedPerson, find: Find) -> bool:
    """Whether the row is about an unknown number that another row of the message can add."""
    if row.violations or row.known(find) is not None or row.stands_alone():
        return False
    return progress.addition_of(row.niss) is not None


def _needed_early(progress: MessageProgress, rows: Sequence[ImportedPerson]) -> dict[Niss, ImportedPerson]:
    """The numbers that these rows need before the row that can add them is applied, with that row."""
    needed: dict[Niss, ImportedPerson] = {}
    added_alone: set[Niss] = set()
    for row in rows:
        if row.niss is not None and row.stands_alone():
            added_alone.add(row.niss)
        for niss in (row.niss, row.replaced_by):
            addition = progress.addition_of(niss)
            if niss is not None and addition is not None and niss not in added_alone:
                needed.setdefault(niss, addition)
    return needed
