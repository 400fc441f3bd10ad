"""PersonService: the calls that read."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from itertools import chain

from raas.concurrency.slices import run_in_slices
from raas.domain.audit.criteria import salted_criteria
from raas.domain.errors import Reason, Violation
from raas.domain.persons.identity import IdentityClaim
from raas.domain.search.person_search import ALGORITHM
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.services.persons_served import PersonsServed, ShownFields
from raas.rpc.wire.audit.audited import numbers_shown, query_json
from raas.rpc.wire.operations import read_claim
from raas.rpc.wire.persons.answers import candidate_messages, person_message, state_message
from raas.rpc.wire.persons.requests import read_asker, read_person_checks, read_query
from raas.v1 import person_service_pb2 as v1


class PersonReads:
    """GetPerson, ConfrontIdentity, SearchPersons and CheckPersons."""

    def __init__(self, persons: PersonsServed, scopes: RequestScopes) -> None:
        self._persons = persons
        self._shown = ShownFields(persons, scopes.access)
        self._request = scopes.open

    async def GetPerson(self, request: v1.GetPersonRequest, context: object) -> v1.GetPersonResponse:
        """Return what is known of a number that the caller's register holds."""
        async with self._request() as r:
            niss = r.niss("niss", request.niss)
            register = await r.admit()
            r.refuse_faults()
            assert niss is not None
            r.budget.require((niss,))
            held = await self._persons.use_cases.read.get(register, niss, self._shown.today)
            person = held.person
            await r.budget.show((niss,))
            shown = (niss, person.replaced_by, person.successor)
            r.audit.shown = tuple(number for number in shown if number is not None)
            fields = await self._shown.of_types(r.call, register, held.types)
            return v1.GetPersonResponse(person=person_message(person, fields))

    async def ConfrontIdentity(
        self, request: v1.ConfrontIdentityRequest, context: object
    ) -> v1.ConfrontIdentityResponse:
        """Say of each claimed field whether it matches what is known."""
        async with self._request() as r:
            niss = r.niss("niss", request.niss)
            claim = IdentityClaim()
            if request.HasField("identity"):
                claim = read_claim(request.identity, r.faults)
            if not request.identity.ListFields():
                r.faults.append(Violation("identity", Reason.REQUIRED))
            await r.admit()
            r.refuse_faults()
            assert niss is not None
            r.budget.require((niss,))
            verdicts = await self._persons.use_cases.confront.confront(r.call, niss, claim)
            await r.budget.show((niss,))
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
        async with self._request() as r:
            query, most = read_query(request, r.rules, r.faults)
            r.refuse_faults()
            assert query is not None
            r.audit.criteria = salted_criteria(query_json(query))
            r.budget.require()
            candidates = await self._persons.use_cases.search.search(query, most)
            found = [candidate.person.niss for candidate in candidates]
            await r.budget.show(found)
            r.audit.shown = found
            fields = await self._shown.of_candidates(r.call, found)
            return v1.SearchPersonsResponse(
                candidates=candidate_messages(candidates, fields), algorithm=ALGORITHM
            )

    async def CheckPersons(self, request: v1.CheckPersonsRequest, context: object) -> v1.CheckPersonsResponse:
        """Return the status of numbers and whether claimed identities match."""
        async with self._request() as r:
            asker = read_asker(request, r.faults)
            checks = await run_in_slices(read_person_checks(request, r.rules, r.faults))
            r.audit.touched = [check.niss for check in checks]
            r.audit.on_behalf_of = asker
            r.refuse_faults()
            r.budget.require({check.niss for check in checks})
            if any(check.claim is not None for check in checks):
                r.budget.require_claims()
            checked = await self._persons.use_cases.read.check(checks)
            known = {check.niss: each.state is not None for check, each in zip(checks, checked, strict=True)}
            await r.budget.count_unknown([niss for niss, is_known in known.items() if not is_known])
            await r.budget.count_wrong_claims(sum(bool(each.mismatches) for each in checked))
            await r.budget.show([niss for niss, is_known in known.items() if is_known])
            r.audit.shown = chain.from_iterable(numbers_shown(each) for each in checked)
            return v1.CheckPersonsResponse(
                states=[state_message(check.niss, each) for check, each in zip(checks, checked, strict=True)]
            )
