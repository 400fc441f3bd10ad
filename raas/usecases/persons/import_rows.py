"""The rows of an import of persons, and applying one of them in a transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.niss import Niss, birth_date, niss_text
from raas.domain.persons.identity import Identity
from raas.domain.persons.plausibility import death_before_birth, died_before_birth, implausible
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.persons.source_update import Updated, updated
from raas.domain.persons.status import PersonStatus
from raas.domain.persons.stored_identity import IDENTITY_FIELDS
from raas.domain.registers.mutation import Stamp
from raas.usecases.persons.identity_news import record_identity_change
from raas.usecases.persons.replacement_rules import cancel_niss, replace_niss
from raas.usecases.persons.transaction import PersonTransaction

_NOTHING = Identity()
_FIELDS = {"successor_niss": "replaced_by"}
"""Fields of ReplaceNiss by their name in a row."""


Find = Callable[[Niss], Person | None]
"""The record of a number, as it is now; None = unknown."""


@dataclass(frozen=True, slots=True)
class ImportedPerson:
    """The data of a number; None, or an empty field of the identity, says nothing about that field.

    A row that could not be read has its faults in `violations` and is never applied. `withdraws_death` says
    that the person is not dead.
    """

    niss: Niss | None
    register_of_origin: RegisterOfOrigin | None = None
    status: PersonStatus | None = None
    replaced_by: Niss | None = None
    identity: Identity = _NOTHING
    source_date: int | None = None
    violations: tuple[Violation, ...] = ()
    withdraws_death: bool = False

    def known(self, find: Find) -> Person | None:
        """The record of the number."""
        return None if self.niss is None else find(self.niss)

    def subject(self, find: Find) -> Person | None:
        """The record that the identity is about.

        For a number that was replaced here it is that of the final successor, unless the row itself says
        that the number is replaced: then it describes the number.
        """
        known = self.known(find)
        if known is None or known.successor is None or self.status is not None:
            return known
        return find(known.successor)

    def faults(self, find: Find) -> tuple[Violation, ...]:
        """All violations of the row, given the records of its numbers."""
        if self.violations or self.niss is None:
            return self.violations
        known = self.known(find)
        if known is not None:
            return self._faults_of_known(known, find)
        missing = []
        if self.register_of_origin is None:
            missing.append("register_of_origin")
        if self.status in (None, PersonStatus.ACTIVE):
            given = {"last_name": self.identity.last_name, "birth_date": self.identity.birth_date}
            if birth_date(self.niss).year is None:
                # The number was given to a person of whose birth nothing is known.
                del given["birth_date"]
            missing += [f"identity.{name}" for name, value in given.items() if not value]
        return tuple(Violation(field, Reason.REQUIRED) for field in missing)

    def stands_alone(self) -> bool:
        """Whether the row can be applied although its number is unknown."""
        return not self.faults(nobody)

    def can_add(self) -> bool:
        """Whether the number can be added from the row before its turn: in use for now."""
        return self.status is not PersonStatus.CANCELLED and self.stands_alone()

    def warnings(self, find: Find) -> tuple[Violation, ...]:
        """The rules that a faultless row breaks; it is applied anyway."""
        found = [violation.below("identity") for violation in implausible(self.identity)]
        dated = self.identity.birth_date or self.identity.death_date
        subject = self.subject(find)
        if (
            subject is not None
            and dated
            and not died_before_birth(self.identity)
            and died_before_birth(self.update(subject).person.identity)
        ):
            found.append(death_before_birth().below("identity"))
        return tuple(found)

    def alters(self, find: Find) -> bool:
        """Whether a faultless row does more than add an unknown number."""
        known, subject = self.known(find), self.subject(find)
        if known is None or subject is None:
            return self.status not in (None, PersonStatus.ACTIVE)
        if self.status not in (None, known.status) or self.changes_origin(known):
            return True
        return self.update(subject).person != subject

    def changes_origin(self, known: Person) -> bool:
        """Whether the row moves the number to another register of origin."""
        return self.register_of_origin not in (None, known.register_of_origin)

    def person(self) -> Person:
        """The new record of a faultless row of an unknown number; its status is applied later."""
        assert self.niss is not None
        assert self.register_of_origin is not None
        dates = {} if self.source_date is None else dict.fromkeys(self._given(), self.source_date)
        return Person(self.niss, self.register_of_origin, self.identity, source_dates=dates)

    def update(self, subject: Person) -> Updated:
        """The record that the identity is about, after the row."""
        return updated(subject, self._given(), self.identity, self.source_date)

    def effective_date(self, fields: tuple[str, ...]) -> int | None:
        """The Day since which changes of these fields hold: that of the source, else that of the death."""
        died = self.identity.death_date
        if self.source_date is not None or "death_date" not in fields or not _complete(died):
            return self.source_date
        return died.earliest() if died else None

    def _given(self) -> list[str]:
        """The names of the fields that the row sets or clears."""
        cleared = {"death_date"} if self.withdraws_death else set()
        return [name for name in IDENTITY_FIELDS if getattr(self.identity, name) or name in cleared]

    def _faults_of_known(self, known: Person, find: Find) -> tuple[Violation, ...]:
        if known.status is PersonStatus.CANCELLED and self.status is PersonStatus.ACTIVE:
            return (Violation("status", Reason.NISS_CANCELLED),)
        if known.successor is None or self.status is None or self._names_successor(known, find):
            return ()
        values = {"successor": niss_text(known.successor)}
        return (Violation("status", Reason.NISS_REPLACED, values=values),)

    def _names_successor(self, known: Person, find: Find) -> bool:
        """Whether the row says what is known: the number was replaced by one of its successors."""
        if self.status is not PersonStatus.REPLACED or self.replaced_by is None:
            return False
        named = find(self.replaced_by)
        final = self.replaced_by if named is None else named.successor or named.niss
        return final == known.successor


async def apply_row(transaction: PersonTransaction, row: ImportedPerson, stamp: Stamp) -> bool:
    """Apply a faultless row; answers whether it changed anything.

    Raises Refused, with paths below the row; then the row changed nothing.
    """
    assert row.niss is not None
    records = transaction.records
    known = records.person(row.niss)
    if known is None:
        records.put(row.person())
        try:
            _apply_status(transaction, row, PersonStatus.ACTIVE, stamp)
        except Refused:
            records.discard(row.niss)
            raise
        return True
    changed = _apply_status(transaction, row, known.status, stamp)
    subject = row.subject(records.person)
    assert subject is not None
    update = row.update(subject)
    after = update.person
    if row.changes_origin(known):
        changed = True
        if subject.niss == known.niss:
            after = _with_origin(after, row)
        else:
            records.put(_with_origin(known, row))
    if after != subject:
        records.put(after)
    if update.fields:
        day = row.effective_date(update.fields)
        await record_identity_change(
            transaction, subject.niss, subject.identity, after.identity, update.fields, day, stamp
        )
    return changed or bool(update.fields)


def nobody(_: Niss) -> None:
    """Find nobody: for rows that read no other record."""


def _with_origin(person: Person, row: ImportedPerson) -> Person:
    return replace(person, register_of_origin=row.register_of_origin or person.register_of_origin)


def _apply_status(
    transaction: PersonTransaction, row: ImportedPerson, niss_status: PersonStatus, stamp: Stamp
) -> bool:
    """Replace or cancel the number as the row asks; answers whether its status changed."""
    assert row.niss is not None
    if row.status is None or row.status is niss_status:
        return False
    try:
        if row.status is PersonStatus.CANCELLED:
            cancel_niss(transaction, row.niss, stamp)
        elif row.replaced_by is not None:
            # The successor may have been replaced by an earlier row, or before.
            replace_niss(transaction, row.niss, row.replaced_by, stamp, follow=True)
    except Refused as refused:
        raise Refused(
            replace(violation, field=_FIELDS.get(violation.field, violation.field))
            for violation in refused.violations
        ) from None
    return True


def _complete(date: IncompleteDate | None) -> bool:
    return date is not None and date.day is not None
