"""UpdatePerson: what a register's user learns of a person whom no national register keeps."""

from __future__ import annotations

from collections.abc import Collection

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.persons.source_update import Updated, updated
from raas.domain.persons.status import PersonStatus
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.persons.transaction import PersonTransaction, PersonTransactions
from raas.usecases.ports.persons import PersonStore


class UpdatePerson:
    """The verb UpdatePerson."""

    def __init__(self, store: PersonStore, transactions: PersonTransactions) -> None:
        self._store = store
        self._transactions = transactions

    async def update(
        self,
        call: Call,
        register: AdmittedRegister,
        niss: Niss,
        names: Collection[str],
        values: Identity,
        source_date: int,
    ) -> Updated:
        """Take these fields into the record that stands for the person; the registers are told.

        Raises Refused NISS_UNKNOWN (no such number, or the register does not hold the person),
        NISS_CANCELLED, PERSON_NOT_UPDATABLE.
        """
        held = await self._store.holds(register.id, niss)
        person = (await self._store.finals([niss])).get(niss)
        if not held or person is None:
            raise refuse(Reason.NISS_UNKNOWN, "niss")
        # What is refused anyway need not stop every write lane first.
        _require_updatable(person)
        async with self._transactions.begin() as transaction:
            person = await _final(transaction, niss)
            _require_updatable(person)
            update = updated(person, names, values, source_date)
            if update.person == person:
                return update
            await transaction.put([update.person])
            if update.fields:
                before, after = person.identity, update.person.identity
                await transaction.apply_identity_change(
                    person.niss, before, after, update.fields, source_date, call.stamp()
                )
            written = (await transaction.persons([person.niss]))[person.niss]
            await transaction.commit()
        return Updated(written, update.groups)


async def _final(transaction: PersonTransaction, niss: Niss) -> Person:
    """The record that stands for the person now; numbers are never forgotten, so there is one."""
    person = (await transaction.persons([niss]))[niss]
    if person.successor is None:
        return person
    return (await transaction.persons([person.successor]))[person.successor]


def _require_updatable(person: Person) -> None:
    if person.register_of_origin is RegisterOfOrigin.NATIONAL_REGISTER:
        raise refuse(Reason.PERSON_NOT_UPDATABLE, "niss")
    if person.status is PersonStatus.CANCELLED:
        raise refuse(Reason.NISS_CANCELLED, "niss")
