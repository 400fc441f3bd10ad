"""The rows of a feed of persons: what they ask for, and one of them applied."""

from __future__ import annotations

from dataclasses import dataclass, replace

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.identity import Identity
from raas.domain.persons.plausibility import death_before_birth, died_before_birth, implausible
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.persons.source_update import Updated, updated
from raas.domain.persons.status import PersonStatus
from raas.domain.persons.stored_identity import IDENTITY_FIELDS
from raas.domain.registers.mutation import Stamp
from raas.usecases.persons.identity_news import record_identity_change
from raas.usecases.persons.succession import cancel_niss, replace_niss
from raas.usecases.persons.transaction import PersonTransaction

_NOTHING = Identity()
_FIELDS = {"successor_niss": "replaced_by"}
"""Fields of ReplaceNiss by their name in a row."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """What is known of a number now; None, or an empty field of the identity, says nothing.

    A row that could not be read has its faults in `violations` and is never applied.
    """

    niss: Niss | None
    register_of_origin: RegisterOfOrigin | None = None
    status: PersonStatus | None = None
    replaced_by: Niss | None = None
    identity: Identity = _NOTHING
    source_date: int | None = None
    violations: tuple[Violation, ...] = ()

    def faults(self, known: Person | None) -> tuple[Violation, ...]:
        """Everything wrong with the row, given what is known of its number."""
        if self.violations or self.niss is None:
            return self.violations
        if known is not None:
            return _faults_of_known(self, known)
        missing = []
        if self.register_of_origin is None:
            missing.append("register_of_origin")
        if self.status in (None, PersonStatus.ACTIVE):
            given = {"last_name": self.identity.last_name, "birth_date": self.identity.birth_date}
            missing += [f"identity.{name}" for name, value in given.items() if not value]
        return tuple(Violation(field, Reason.REQUIRED) for field in missing)

    def warnings(self, known: Person | None) -> tuple[Violation, ...]:
        """The rules that a faultless row breaks, given what is known of its number; it is applied anyway."""
        found = [violation.below("identity") for violation in implausible(self.identity)]
        dated = self.identity.birth_date or self.identity.death_date
        if (
            known is not None
            and dated
            and not died_before_birth(self.identity)
            and died_before_birth(self.update(known).person.identity)
        ):
            found.append(death_before_birth().below("identity"))
        return tuple(found)

    def alters(self, known: Person | None) -> bool:
        """Whether a faultless row does more than add an unknown number."""
        if known is None:
            return self.status not in (None, PersonStatus.ACTIVE)
        return self.status not in (None, known.status) or self.update(known).person != known

    def person(self) -> Person:
        """The new record; a faultless row of an unknown number. Its standing comes later."""
        assert self.niss is not None
        assert self.register_of_origin is not None
        dates = {} if self.source_date is None else dict.fromkeys(self._given(), self.source_date)
        return Person(self.niss, self.register_of_origin, self.identity, source_dates=dates)

    def update(self, known: Person) -> Updated:
        """The record of a known number after the row."""
        update = updated(known, self._given(), self.identity, self.source_date)
        origin = self.register_of_origin or known.register_of_origin
        return replace(update, person=replace(update.person, register_of_origin=origin))

    def _given(self) -> list[str]:
        return [name for name in IDENTITY_FIELDS if getattr(self.identity, name)]

    def effective_date(self, fields: tuple[str, ...]) -> int | None:
        """The Day since which changes of these fields hold: that of the source, else that of the death."""
        died = self.identity.death_date
        if self.source_date is not None or "death_date" not in fields or not _complete(died):
            return self.source_date
        return died.earliest() if died else None


async def apply_row(transaction: PersonTransaction, row: FeedRow, stamp: Stamp) -> bool:
    """Apply a faultless row; answers whether it changed anything.

    Raises Refused, with paths below the row; then the row changed nothing.
    """
    assert row.niss is not None
    records = transaction.records
    person = records.person(row.niss)
    if person is None:
        records.put(row.person())
        try:
            _apply_status(transaction, row, PersonStatus.ACTIVE, stamp)
        except Refused:
            records.discard(row.niss)
            raise
        return True
    changed = _apply_status(transaction, row, person.status, stamp)
    update = row.update(person)
    if update.person != person:
        records.put(update.person)
    if update.fields:
        after = update.person.identity
        day = row.effective_date(update.fields)
        await record_identity_change(transaction, row.niss, person.identity, after, update.fields, day, stamp)
    origin_changed = update.person.register_of_origin is not person.register_of_origin
    return changed or origin_changed or bool(update.fields)


def _apply_status(
    transaction: PersonTransaction, row: FeedRow, niss_status: PersonStatus, stamp: Stamp
) -> bool:
    """Replace or cancel the number as the row asks; answers whether its status changed."""
    assert row.niss is not None
    if row.status is None or row.status is niss_status:
        return False
    try:
        if row.status is PersonStatus.CANCELLED:
            cancel_niss(transaction, row.niss, stamp)
        elif row.replaced_by is not None:
            replace_niss(transaction, row.niss, row.replaced_by, stamp)
    except Refused as refused:
        raise Refused(
            replace(violation, field=_FIELDS.get(violation.field, violation.field))
            for violation in refused.violations
        ) from None
    return True


def _faults_of_known(row: FeedRow, known: Person) -> tuple[Violation, ...]:
    if known.status is PersonStatus.CANCELLED and row.status is PersonStatus.ACTIVE:
        return (Violation("status", Reason.NISS_CANCELLED),)
    if (
        known.status is PersonStatus.REPLACED
        and known.successor is not None
        and (
            row.status in (PersonStatus.ACTIVE, PersonStatus.CANCELLED)
            or (row.status is PersonStatus.REPLACED and row.replaced_by != known.replaced_by)
        )
    ):
        values = {"successor": niss_text(known.successor)}
        return (Violation("status", Reason.NISS_REPLACED, values=values),)
    return ()


def _complete(date: IncompleteDate | None) -> bool:
    return date is not None and date.day is not None
