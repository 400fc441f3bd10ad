"""PersonService: the calls that read."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from itertools import chain

from raas.domain.calendar.day import day_text
from raas.domain.errors import Reason, Violation, refuse
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.identity import IdentityClaim
from raas.domain.search.person_search import ALGORITHM
from raas.rpc.calls.context import current
from raas.rpc.calls.scope import RequestScope, refuse_faults
from raas.rpc.services.person_use_cases import PersonUseCases
from raas.rpc.wire.fields import Faults, read_niss, within_batch
from raas.rpc.wire.operations import read_claim
from raas.rpc.wire.persons import candidate_messages, person_message, read_query
from raas.usecases.persons.read import CheckedPerson, PersonCheck
from raas.v1 import person_service_pb2 as v1

CHECK_LIMIT = 1_000


class PersonReads:
    """Everything of PersonService that changes nothing."""

    def __init__(self, use_cases: PersonUseCases | None, scope: RequestScope) -> None:
        self._served = use_cases
        self._scope = scope

    @property
    def _use_cases(self) -> PersonUseCases:
        """The verbs. Raises Refused PERSONS_KEPT_ELSEWHERE where this store keeps no persons."""
        if self._served is None:
            raise refuse(Reason.PERSONS_KEPT_ELSEWHERE)
        return self._served

    async def GetPerson(self, request: v1.GetPersonRequest, context: object) -> v1.GetPersonResponse:
        """Tell what is known of a number that the caller's register holds."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            niss = read_niss("niss", request.niss, self._scope.rules(), faults)
            audit_scope.nisses = () if niss is None else (niss,)
            register = await self._scope.admit(audit_scope, None, faults)
            refuse_faults(faults)
            assert niss is not None
            person = await self._use_cases.read.get(register, niss)
            audit_scope.nisses = tuple(
                n for n in (niss, person.replaced_by, person.successor) if n is not None
            )
            return v1.GetPersonResponse(person=person_message(person))

    async def ConfrontIdentity(
        self, request: v1.ConfrontIdentityRequest, context: object
    ) -> v1.ConfrontIdentityResponse:
        """Say of each claimed field whether it is what is known."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            niss = read_niss("niss", request.niss, self._scope.rules(), faults)
            audit_scope.nisses = () if niss is None else (niss,)
            claim = IdentityClaim()
            if request.HasField("identity"):
                claim = read_claim(request.identity, faults)
            if not request.identity.ListFields():
                faults.append(Violation("identity", Reason.REQUIRED))
            await self._scope.admit(audit_scope, None, faults)
            refuse_faults(faults)
            assert niss is not None
            verdicts = await self._use_cases.confront.confront(request_context.call, niss, claim)
            return v1.ConfrontIdentityResponse(
                verdicts=[
                    v1.FieldVerdict(field=field, verdict=verdict.value)  # type: ignore[arg-type]
                    for field, verdict in verdicts
                ]
            )

    async def SearchPersons(
        self, request: v1.SearchPersonsRequest, context: object
    ) -> v1.SearchPersonsResponse:
        """Find persons by name and date of birth."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            self._scope.access.require(request_context.call)
            faults = list(request_context.faults)
            query, most = read_query(request, self._scope.rules(), faults)
            refuse_faults(faults)
            assert query is not None
            candidates = await self._use_cases.search.search(query, most)
            audit_scope.nisses = [candidate.person.niss for candidate in candidates]
            return v1.SearchPersonsResponse(candidates=candidate_messages(candidates), algorithm=ALGORITHM)

    async def CheckPersons(self, request: v1.CheckPersonsRequest, context: object) -> v1.CheckPersonsResponse:
        """Tell the status of numbers and whether claimed identities match."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            self._scope.access.require(request_context.call)
            faults = list(request_context.faults)
            checks: list[PersonCheck] = []
            if not request.checks:
                faults.append(Violation("checks", Reason.REQUIRED))
            elif within_batch("checks", request.checks, CHECK_LIMIT, faults):
                checks = self._read_checks(request, faults)
            audit_scope.nisses = [check.niss for check in checks]
            refuse_faults(faults)
            checked = await self._use_cases.read.check(checks)
            audit_scope.nisses = chain(audit_scope.nisses, *(each.former for each in checked))
            return v1.CheckPersonsResponse(
                states=[_state(check.niss, each) for check, each in zip(checks, checked, strict=True)]
            )

    def _read_checks(self, request: v1.CheckPersonsRequest, faults: Faults) -> list[PersonCheck]:
        rules = self._scope.rules()
        checks = []
        for index, check in enumerate(request.checks):
            own: Faults = []
            niss = read_niss("niss", check.niss, rules, own)
            claim = read_claim(check.identity, own) if check.HasField("identity") else None
            faults.extend(fault.below(f"checks[{index}]") for fault in own)
            if niss is not None:
                checks.append(PersonCheck(niss, claim, check.with_former_niss))
        return checks


def _state(niss: Niss, checked: CheckedPerson) -> v1.PersonState:
    message = v1.PersonState(
        niss=niss_text(niss),
        mismatches=checked.mismatches,
        former_niss=[niss_text(former) for former in checked.former],
    )
    if (state := checked.state) is not None:
        message.status = state.status.value  # type: ignore[assignment]
        message.deceased = state.deceased
        if state.successor is not None:
            message.successor_niss = niss_text(state.successor)
        if state.born is not None:
            message.earliest_birth_day = day_text(state.born)
    return message
