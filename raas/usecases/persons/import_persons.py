"""ImportPersons: apply the feed of the authentic source, every row exactly once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.registers.mutation import Stamp
from raas.usecases.calls.call import Call
from raas.usecases.persons.import_rows import FeedRow, apply_row
from raas.usecases.persons.transaction import PersonTransactions
from raas.usecases.ports.persons import PersonStore, Progress, Rejection
from raas.usecases.ports.write_store import ImportKey

_LOOKED_AT_ONCE = 500
"""Rows looked at for one transaction."""
_LOOKED_AT_AMONG_ALTERING = 50
_ALTERED_AT_ONCE = 25
"""Altering rows in a transaction that stops the write lanes: some ten milliseconds of work."""
_BETWEEN = 5
"""Rows that could go another way but do not part those that alter: two transactions cost more."""


RowWarnings = tuple[int, tuple[Violation, ...]]
"""The offset of a row that was not rejected, and the rules that it breaks."""


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """Rows with the offsets `offset`, `offset` + 1, …; `import_id` counts in the first message only."""

    import_id: str | None
    offset: int
    rows: Sequence[FeedRow]


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """What became of one message: committed up to, not including, `through_offset`.

    `rejected` are the rows that were skipped, in order of offset, those of an earlier attempt at the same
    rows included. `warnings` are the rules that other rows break, in order of offset.
    """

    through_offset: int
    applied: int
    unchanged: int
    rejected: tuple[Rejection, ...]
    warnings: tuple[RowWarnings, ...] = ()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of some rows at the head of others: how many they are, and how many changed something."""

    rows: int
    applied: int
    rejected: tuple[Rejection, ...]
    warnings: tuple[RowWarnings, ...]
    altering: bool = False


class ImportPersons:
    """The use case ImportPersons; `run` serves one stream."""

    def __init__(self, store: PersonStore, transactions: PersonTransactions) -> None:
        self._store = store
        self._transactions = transactions

    async def run(self, call: Call, messages: AsyncIterator[FeedMessage]) -> AsyncIterator[FeedAnswer]:
        """One answer per message, in order, each sent once its message is committed.

        With an import id, rows below the offset the server keeps are skipped, never applied twice; a
        message above it is refused with IMPORT_OFFSET_AHEAD, and so is a gap without one.
        """
        key: ImportKey | None = None
        stamp = call.stamp()
        expected: int | None = None
        async for message in messages:
            if expected is None and message.import_id is not None:
                key = (call.caller.enterprise_number, message.import_id)
                stamp = call.stamp(message.import_id)
            if key is None and expected is not None and message.offset != expected:
                raise _ahead(expected)
            expected = message.offset + len(message.rows)
            yield await self._message(message, key, stamp)

    async def _message(self, message: FeedMessage, key: ImportKey | None, stamp: Stamp) -> FeedAnswer:
        through = await self._store.import_offset(key) if key else message.offset
        if message.offset > through:
            raise _ahead(through)
        place = skipped = min(through - message.offset, len(message.rows))
        applied = 0
        rejected: list[Rejection] = []
        if key and skipped:
            rejected += await self._store.rejections(key, message.offset, message.offset + skipped)
        earlier = len(rejected)
        refused = {offset for offset, _ in rejected}
        # The state that a skipped row met is past: only the row itself is examined again.
        examined = enumerate(message.rows[:skipped], message.offset)
        warnings = [
            (offset, broken)
            for offset, row in examined
            if offset not in refused and not row.violations and (broken := row.warnings(None))
        ]
        look = _LOOKED_AT_ONCE
        while place < len(message.rows):
            some = message.rows[place : place + look]
            outcome = await self._some(some, message.offset + place, key, stamp)
            # Where one alters, the next ones often do: looking far ahead would be for nothing.
            look = _LOOKED_AT_AMONG_ALTERING if outcome.altering else _LOOKED_AT_ONCE
            place += outcome.rows
            applied += outcome.applied
            rejected += outcome.rejected
            warnings += outcome.warnings
        unchanged = len(message.rows) - skipped - applied - (len(rejected) - earlier)
        through = max(message.offset + place, through)
        return FeedAnswer(through, applied, unchanged, tuple(rejected), tuple(warnings))

    async def _some(
        self, rows: Sequence[FeedRow], offset: int, key: ImportKey | None, stamp: Stamp
    ) -> _Outcome:
        """Apply some of the rows, from the first on, in one transaction.

        As many as do nothing but add numbers, all at once and in nobody's way; else a few that change
        what is known.
        """
        known = await self._store.persons({row.niss for row in rows if row.niss is not None})
        added: dict[Niss, Person] = {}
        rejected: list[Rejection] = []
        warnings: list[RowWarnings] = []
        altering = 0
        for index, row in enumerate(rows):
            person = known.get(row.niss) if row.niss is not None else None
            faults = row.faults(person)
            if row.niss in added or (not faults and row.alters(person)):
                altering = index
                break
            if faults:
                rejected.append((offset + index, faults))
                continue
            if broken := row.warnings(person):
                warnings.append((offset + index, broken))
            if person is None:
                new = row.person()
                added[new.niss] = new
        else:
            altering = len(rows)
        if altering:
            progress = Progress(key, offset, offset + altering, rejected) if key else None
            if not (added or progress) or await self._store.add(list(added.values()), progress):
                return _Outcome(altering, len(added), tuple(rejected), tuple(warnings))
        # The first row alters something, or somebody else added one of the numbers meanwhile.
        return await self._altered(_altering(rows, known), offset, key, stamp)

    async def _altered(
        self, rows: Sequence[FeedRow], offset: int, key: ImportKey | None, stamp: Stamp
    ) -> _Outcome:
        """Apply the rows in one transaction that excludes all writers."""
        applied = 0
        rejected: list[Rejection] = []
        warnings: list[RowWarnings] = []
        async with self._transactions.begin(_numbers(rows)) as transaction:
            if key and (stored := await transaction.import_offset(key)) != offset:
                raise _ahead(stored)
            for index, row in enumerate(rows):
                # One by one: a row may be about a number that an earlier one has just changed.
                known = transaction.records.person(row.niss) if row.niss is not None else None
                faults = row.faults(known)
                broken = () if faults else row.warnings(known)
                if not faults:
                    try:
                        applied += await apply_row(transaction, row, stamp)
                    except Refused as refused:
                        faults = refused.violations
                if faults:
                    rejected.append((offset + index, faults))
                elif broken:
                    warnings.append((offset + index, broken))
            if key:
                await transaction.advance_import(Progress(key, offset, offset + len(rows), rejected))
            await transaction.commit()
        return _Outcome(len(rows), applied, tuple(rejected), tuple(warnings), altering=True)


def _numbers(rows: Sequence[FeedRow]) -> set[Niss]:
    return {niss for row in rows for niss in (row.niss, row.replaced_by) if niss is not None}


def _altering(rows: Sequence[FeedRow], known: Mapping[Niss, Person]) -> Sequence[FeedRow]:
    """The rows to apply while no write lane runs: the first one, others that alter, and those between."""
    last = altering = 0
    for index, row in enumerate(rows[1:], 1):
        person = known.get(row.niss) if row.niss is not None else None
        if not row.faults(person) and row.alters(person):
            last, altering = index, altering + 1
        if altering == _ALTERED_AT_ONCE - 1 or index - last == _BETWEEN:
            break
    return rows[: last + 1]


def _ahead(through: int) -> Refused:
    return refuse(Reason.IMPORT_OFFSET_AHEAD, "offset", through_offset=str(through))
