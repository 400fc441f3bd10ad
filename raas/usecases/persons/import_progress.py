"""The messages of an import of persons, their answers, and a message under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from raas.domain.errors import Violation
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.domain.registers.mutation import Stamp
from raas.usecases.calls.call import Call
from raas.usecases.persons.import_rows import ImportedPerson
from raas.usecases.ports.persons import Rejection
from raas.usecases.ports.write_store import ImportKey

RowWarnings = tuple[int, tuple[Violation, ...]]
"""The offset of a row that was not rejected, and the rules that it breaks."""


@dataclass(frozen=True, slots=True)
class PersonImportMessage:
    """Rows with the offsets `offset`, `offset` + 1, …; `import_id` is that of the first message."""

    import_id: str | None
    offset: int
    rows: Sequence[ImportedPerson]


@dataclass(frozen=True, slots=True)
class PersonImportAnswer:
    """The outcome of one message: committed up to, not including, `through_offset`.

    `rejected` are the rows that were skipped, in order of offset, those of an earlier attempt at the same
    rows included. `warnings` are the rules that other rows break, in order of offset.
    """

    through_offset: int
    applied: int
    unchanged: int
    rejected: tuple[Rejection, ...]
    warnings: tuple[RowWarnings, ...] = ()


@dataclass(frozen=True, slots=True)
class RowsOutcome:
    """The outcome of the first `rows` of some rows, which one transaction committed."""

    rows: int
    applied: int
    rejected: Sequence[Rejection]
    warnings: Sequence[RowWarnings]
    altering: bool = False


@dataclass(slots=True)
class MessageProgress:
    """A message under way: what became of its rows so far."""

    call: Call
    message: PersonImportMessage
    key: ImportKey | None
    stamp: Stamp
    stored: int
    """The stored offset; without an import id that of the message."""
    place: int = 0
    """Rows that are done, skipped ones included."""
    applied: int = 0
    unchanged: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    warnings: list[RowWarnings] = field(default_factory=list)
    added_early: set[Niss] = field(default_factory=set)
    """Numbers that were added before the turn of their row, because an earlier row needs them."""
    _additions: dict[Niss, ImportedPerson] = field(init=False)

    def __post_init__(self) -> None:
        """Find the first row that can add each number."""
        self._additions = {}
        for row in self.message.rows:
            if row.niss is not None and row.niss not in self._additions and row.can_add():
                self._additions[row.niss] = row

    def is_done(self, row: ImportedPerson) -> bool:
        """Whether the row was applied before its turn, by adding its number."""
        if row.status not in (None, PersonStatus.ACTIVE) or row.niss not in self.added_early:
            return False
        return self.addition_of(row.niss) is row

    def addition_of(self, niss: Niss | None) -> ImportedPerson | None:
        """The first row of the message that can add this number."""
        return None if niss is None else self._additions.get(niss)

    @property
    def offset(self) -> int:
        """The offset of the next row."""
        return self.message.offset + self.place

    @property
    def rows(self) -> Sequence[ImportedPerson]:
        """The rows that are left."""
        return self.message.rows[self.place :]

    def add(self, outcome: RowsOutcome) -> None:
        """Count the rows of a transaction."""
        self.place += outcome.rows
        self.applied += outcome.applied
        self.unchanged += outcome.rows - outcome.applied - len(outcome.rejected)
        self.rejected += outcome.rejected
        self.warnings += outcome.warnings

    def answer(self) -> PersonImportAnswer:
        """The answer to the message, all rows of which are done."""
        through = max(self.offset, self.stored)
        return PersonImportAnswer(
            through, self.applied, self.unchanged, tuple(self.rejected), tuple(self.warnings)
        )
