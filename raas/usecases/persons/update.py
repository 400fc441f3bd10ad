"""UpdatePerson: a register's user changes the data of a person whom no national register keeps."""

from __future__ import annotations

from collections.abc import Collection

from raas.domain.errors import Reason, Refused, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.domain.persons.plausibility import death_before_birth, died_before_birth
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.persons.source_update import Updated, updated
from raas.domain.persons.status import PersonStatus
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.persons.identity_news import record_identity_change
from raas.usecases.persons.transaction import PersonTransaction, PersonTransactions
from raas.usecases.ports.persons import PersonStore


class UpdatePerson:
    """The use case UpdatePerson."""

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
        """Update these fields of the final successor's record, and record the change in the registers.

        Raises Refused NISS_UNKNOWN (no such number, or the register does not hold the person),
        NISS_CANCELLED, PERSON_NOT_UPDATABLE, VALUE_INVALID (a death before the birth).
        """
        held = await self._store.holds(register.id, niss, register.view.dossier_types)
        person = (await self._store.finals([niss])).get(niss)
        if not held or person is None:
            raise refuse(Reason.NISS_UNKNOWN, "niss")
        # An update that is refused, or changes nothing, need not stop the writers.
        _require_updatable(person)
        update = updated(person, names, values, source_date)
        if update.person == person:
            return update
        async with self._transactions.begin([niss]) as transaction:
            person = _final(transaction, niss)
            _require_updatable(person)
            update = updated(person, names, values, source_date)
            if update.person == person:
                return update
            before, after = person.identity, update.person.identity
            if {"birth_date", "death_date"} & set(update.fields) and died_before_birth(after):
                raise Refused([death_before_birth().below("identity")])
            transaction.records.put(update.person)
            if update.fields:
                await record_identity_change(
                    transaction, person.niss, before, after, update.fields, source_date, call.stamp()
                )
            stored = await transaction.stored(person.niss)
            await transaction.commit(call)
        return Updated(stored, update.groups)


def _final(transaction: PersonTransaction, niss: Niss) -> Person:
    """The record of the final successor. Numbers are never deleted, so there is one."""
    person = transaction.records.person(niss)
    if person is not None and person.successor is not None:
        person = transaction.records.person(person.successor)
    assert person is not None
    return person


def _require_updatable(person: Person) -> None:
    if person.register_of_origin is RegisterOfOrigin.NATIONAL_REGISTER:
        raise refuse(Reason.PERSON_NOT_UPDATABLE, "niss")
    if person.status is PersonStatus.CANCELLED:
        raise refuse(Reason.NISS_CANCELLED, "niss")
