"""PersonService: the calls that change what is known of one person."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from hashlib import sha256

from raas.domain.numbers.niss import Niss
from raas.domain.persons.stored_identity import unchanged_fields
from raas.rpc.calls.request_scope import RequestScope, RequestScopes
from raas.rpc.services.persons_served import ALL_FIELDS, PersonsServed, ShownFields
from raas.rpc.wire.fields import read_request_id
from raas.rpc.wire.persons.answers import (
    affected_messages,
    candidate_messages,
    inseparable_messages,
    person_message,
)
from raas.rpc.wire.persons.requests import read_new_person, read_update
from raas.usecases.calls.fingerprint import RequestId
from raas.usecases.persons.change_niss import AffectedRegister
from raas.v1 import person_service_pb2 as v1


class PersonChanges:
    """CreatePerson, UpdatePerson, ReplaceNiss, RestoreNiss and CancelNiss."""

    def __init__(self, persons: PersonsServed, scopes: RequestScopes) -> None:
        self._persons = persons
        self._shown = ShownFields(persons, scopes.access)
        self._request = scopes.open

    async def CreatePerson(self, request: v1.CreatePersonRequest, context: object) -> v1.CreatePersonResponse:
        """Give a BIS number to a person who has no number yet."""
        async with self._request() as r:
            identity, reviewed = read_new_person(request, r.rules, r.faults)
            r.audit.touched = reviewed
            request_id = read_request_id(request, r.faults)
            r.refuse_faults()
            repeatable = None
            if request_id is not None:
                repeatable = RequestId(request_id, partial(_earlier_hash, request))
            r.budget.require()
            created = await self._persons.use_cases.create.create(r.call, identity, reviewed, repeatable)
            if created.person is not None:
                niss = created.person.niss
                r.audit.shown = (niss,)
                # A repeated call gets the record as it is now, in which others may have changed fields.
                given = unchanged_fields(identity, created.person.identity)
                fields = await self._shown.of_candidates(r.call, (niss,))
                return v1.CreatePersonResponse(person=person_message(created.person, fields[niss] | given))
            found = [candidate.person.niss for candidate in created.candidates]
            r.audit.shown = found
            await r.budget.show(found)
            fields = await self._shown.of_candidates(r.call, found)
            return v1.CreatePersonResponse(candidates=candidate_messages(created.candidates, fields))

    async def UpdatePerson(self, request: v1.UpdatePersonRequest, context: object) -> v1.UpdatePersonResponse:
        """Change the identity of a person whom the caller's register holds."""
        async with self._request() as r:
            niss = r.niss("niss", request.niss)
            names, values, source_date = read_update(request, r.rules, r.faults)
            register = await r.admit()
            r.refuse_faults()
            assert niss is not None
            assert source_date is not None
            r.budget.require((niss,))
            # Counted before: a refusal means that nothing was changed.
            await r.budget.show((niss,))
            update = await self._persons.use_cases.update.update(
                r.call, register, niss, names, values, source_date
            )
            r.audit.shown = (update.person.niss,)
            fields = await self._shown.of_person(r.call, register, update.person.niss)
            return v1.UpdatePersonResponse(
                person=person_message(update.person, fields),
                groups=[
                    v1.UpdatedGroup(field=field, status=status.value)  # type: ignore[arg-type]
                    for field, status in update.groups
                ],
            )

    async def ReplaceNiss(self, request: v1.ReplaceNissRequest, context: object) -> v1.ReplaceNissResponse:
        """Replace one number by another."""
        async with self._request() as r:
            niss = r.niss("niss", request.niss)
            successor = r.niss("successor_niss", request.successor_niss)
            r.refuse_faults()
            assert niss is not None
            assert successor is not None
            _note_trial(r, request)
            affected = await self._persons.use_cases.numbers.replace(
                r.call, niss, successor, validate_only=request.validate_only
            )
            r.audit.shown = _numbers_of(affected)
            return v1.ReplaceNissResponse(registers=affected_messages(affected, r.call.language))

    async def RestoreNiss(self, request: v1.RestoreNissRequest, context: object) -> v1.RestoreNissResponse:
        """Undo a replacement or a cancellation."""
        async with self._request() as r:
            niss = r.niss("niss", request.niss)
            r.refuse_faults()
            assert niss is not None
            _note_trial(r, request)
            restored = await self._persons.use_cases.numbers.restore(
                r.call, niss, validate_only=request.validate_only
            )
            r.audit.shown = _numbers_of(restored.registers)
            return v1.RestoreNissResponse(
                registers=affected_messages(restored.registers, r.call.language),
                inseparable=inseparable_messages(restored.inseparable),
            )

    async def CancelNiss(self, request: v1.CancelNissRequest, context: object) -> v1.CancelNissResponse:
        """Withdraw a number without a successor."""
        async with self._request() as r:
            niss = r.niss("niss", request.niss)
            r.refuse_faults()
            assert niss is not None
            await self._persons.use_cases.numbers.cancel(r.call, niss)
            record = await self._persons.use_cases.read.record(niss)
            r.audit.shown = (niss,)
            return v1.CancelNissResponse(person=person_message(record, ALL_FIELDS))


def _note_trial(scope: RequestScope, request: v1.ReplaceNissRequest | v1.RestoreNissRequest) -> None:
    """Record that the effect is only computed."""
    if request.validate_only:
        scope.audit.note(validate_only=True)


def _numbers_of(affected: Iterable[AffectedRegister]) -> set[Niss]:
    """The numbers of the dossiers that an answer shows."""
    return {view.niss for register in affected for view in (*register.before, *register.after)}


def _earlier_hash(request: v1.CreatePersonRequest) -> bytes:
    """The hash under which earlier versions stored a request."""
    return sha256(request.SerializeToString(deterministic=True)).digest()
