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
from raas.rpc.calls.scope import Reception, refuse_faults
from raas.rpc.services.person_use_cases import PersonVerbs
from raas.rpc.wire.fields import Faults, read_niss, within_batch
from raas.rpc.wire.operations import read_claim
from raas.rpc.wire.persons import candidate_messages, person_message, read_query
from raas.usecases.persons.read import CheckedPerson, PersonCheck
from raas.v1 import person_service_pb2 as v1

CHECK_LIMIT = 1_000


class PersonReads:
    """Everything of PersonService that changes nothing."""

    def __init__(self, verbs: PersonVerbs | None, reception: Reception) -> None:
        self._served = verbs
        self._reception = reception

    @property
    def _verbs(self) -> PersonVerbs:
        """The verbs. Raises Refused PERSONS_KEPT_ELSEWHERE where this store keeps no persons."""
        if self._served is None:
            raise refuse(Reason.PERSONS_KEPT_ELSEWHERE)
        return self._served

    async def GetPerson(self, request: v1.GetPersonRequest, context: object) -> v1.GetPersonResponse:
        """Tell what is known of a number that the caller's register holds."""
        exchange = current()
        with self._reception.gate.visit(exchange.call) as visit:
            faults = list(exchange.faults)
            niss = read_niss("niss", request.niss, self._reception.rules(), faults)
            visit.nisses = () if niss is None else (niss,)
            register = await self._reception.admit(visit, None, faults)
            refuse_faults(faults)
            assert niss is not None
            person = await self._verbs.read.get(register, niss)
            visit.nisses = tuple(n for n in (niss, person.replaced_by, person.successor) if n is not None)
            return v1.GetPersonResponse(person=person_message(person))

    async def ConfrontIdentity(
        self, request: v1.ConfrontIdentityRequest, context: object
    ) -> v1.ConfrontIdentityResponse:
        """Say of each claimed field whether it is what is known."""
        exchange = current()
        with self._reception.gate.visit(exchange.call) as visit:
            faults = list(exchange.faults)
            niss = read_niss("niss", request.niss, self._reception.rules(), faults)
            visit.nisses = () if niss is None else (niss,)
            claim = IdentityClaim()
            if request.HasField("identity"):
                claim = read_claim(request.identity, faults)
            if not request.identity.ListFields():
                faults.append(Violation("identity", Reason.REQUIRED))
            await self._reception.admit(visit, None, faults)
            refuse_faults(faults)
            assert niss is not None
            verdicts = await self._verbs.confront.confront(exchange.call, niss, claim)
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
        exchange = current()
        with self._reception.gate.visit(exchange.call) as visit:
            self._reception.gate.require(exchange.call)
            faults = list(exchange.faults)
            query, most = read_query(request, self._reception.rules(), faults)
            refuse_faults(faults)
            assert query is not None
            candidates = await self._verbs.search.search(query, most)
            visit.nisses = [candidate.person.niss for candidate in candidates]
            return v1.SearchPersonsResponse(candidates=candidate_messages(candidates), algorithm=ALGORITHM)

    async def CheckPersons(self, request: v1.CheckPersonsRequest, context: object) -> v1.CheckPersonsResponse:
        """Tell the status of numbers and whether claimed identities match."""
        exchange = current()
        with self._reception.gate.visit(exchange.call) as visit:
            self._reception.gate.require(exchange.call)
            faults = list(exchange.faults)
            checks: list[PersonCheck] = []
            if not request.checks:
                faults.append(Violation("checks", Reason.REQUIRED))
            elif within_batch("checks", request.checks, CHECK_LIMIT, faults):
                checks = self._read_checks(request, faults)
            visit.nisses = [check.niss for check in checks]
            refuse_faults(faults)
            checked = await self._verbs.read.check(checks)
            visit.nisses = chain(visit.nisses, *(each.former for each in checked))
            return v1.CheckPersonsResponse(
                states=[_state(check.niss, each) for check, each in zip(checks, checked, strict=True)]
            )

    def _read_checks(self, request: v1.CheckPersonsRequest, faults: Faults) -> list[PersonCheck]:
        rules = self._reception.rules()
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
