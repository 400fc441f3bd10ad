"""Reading, searching, creating and updating persons through a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from raas.v1.identity_pb2 import Address, Identity, IdentityClaim, Sex
from raas.v1.mutation_pb2 import MutationKind
from raas.v1.person_service_pb2 import (
    CheckPersonsRequest,
    ConfrontIdentityRequest,
    CreatePersonRequest,
    CreatePersonResponse,
    GetPersonRequest,
    GroupStatus,
    PersonCheck,
    SearchPersonsRequest,
    UpdatePersonRequest,
    Verdict,
)
from tests.e2e.persons import BIS, NATIONAL, SOURCE, Persons, a_person, new_niss
from tests.e2e.registers import TestRegister, new_register, see_identities
from tests.e2e.servers import LOCAL, Server
from tests.e2e.test_faults import database_of
from tests.rpc.harness import Refusal, told

CALLERS = 12


@pytest.fixture
def persons(person_server: Server) -> Persons:
    return Persons(person_server)


@pytest.fixture
def register(person_server: Server) -> TestRegister:
    return new_register(person_server)


@pytest.fixture
def other_server(tmp_path: Path, person_server: Server) -> Iterator[Server]:
    """A second server on the same database."""
    other = Server(tmp_path, database_of(person_server), *LOCAL)
    other.start()
    yield other
    assert other.stop() == 0


def refusal(call: Any, *given: Any, **more: Any) -> Refusal:
    with pytest.raises(grpc.RpcError) as raised:
        call(*given, **more)
    return told(raised.value)


def somebody(last_name: str, **more: Any) -> Identity:
    given = {"first_names": ["Samira"], "birth_date": "1991-04-17", "birth_place": "Oujda", **more}
    return Identity(last_name=last_name, **{"sex": Sex.SEX_FEMALE, **given})


def test_person_not_held_is_indistinguishable_from_an_unknown_one(
    persons: Persons, register: TestRegister
) -> None:
    held, unheld = persons.known(2)
    see_identities(register)
    persons.inscribe(register, held, "2024-01-01", "2999-12-31")
    found = persons.service.GetPerson(GetPersonRequest(niss=held), metadata=register.caller)
    assert (found.person.niss, found.person.identity.last_name) == (held, "D'Hondt-Müller")
    get = persons.service.GetPerson
    tellings = [
        refusal(get, GetPersonRequest(niss=niss), metadata=register.caller) for niss in (unheld, new_niss())
    ]
    assert {(each.status, each.message, *each.violations) for each in tellings} == {
        ("NOT_FOUND", tellings[0].message, ("niss", "NISS_UNKNOWN"))
    }
    persons.remove(register, held, "2024-01-01", "2999-12-31")
    request = GetPersonRequest(niss=held)
    assert refusal(get, request, metadata=register.caller).info.reason == "NISS_UNKNOWN"


def test_confrontation_answers_verdicts_and_is_limited(persons: Persons, register: TestRegister) -> None:
    row = a_person()
    row.identity.ClearField("sex")
    persons.import_rows([row])
    claim = IdentityClaim(last_name="dhondt muller", birth_date="1968-06-15", sex=Sex.SEX_MALE)
    request = ConfrontIdentityRequest(niss=row.niss, identity=claim)
    for _ in range(30):
        answer = persons.service.ConfrontIdentity(request, metadata=register.caller)
        assert [(each.field, Verdict.Name(each.verdict)) for each in answer.verdicts] == [
            ("last_name", "VERDICT_MATCH"),
            ("birth_date", "VERDICT_MISMATCH"),
            ("sex", "VERDICT_NOT_COMPARED"),
        ]
    stopped = refusal(persons.service.ConfrontIdentity, request, metadata=register.caller)
    assert (stopped.status, stopped.retry) == ("RESOURCE_EXHAUSTED", True)


def test_search_finds_other_spellings(persons: Persons) -> None:
    row = a_person(last_name="Van den Kerckhovensteen", birth_date="1931-05-06")
    persons.import_rows([row])
    request = SearchPersonsRequest(
        last_name="Vandenkerkhovesteen", birth_date="1931-05-00", birth_date_tolerance=0
    )
    answer = persons.service.SearchPersons(request, metadata=SOURCE)
    assert [candidate.person.niss for candidate in answer.candidates] == [row.niss]
    assert answer.algorithm


def test_concurrent_requests_for_one_person_create_it_once(persons: Persons, other_server: Server) -> None:
    callers = [persons, Persons(other_server)]
    ready = threading.Barrier(CALLERS)

    def create(worker: int) -> CreatePersonResponse:
        ready.wait(60)
        spelling = ("Ouazzanimenti", "OUAZZANIMENTI", "Ouazanimenti")[worker % 3]
        request = CreatePersonRequest(identity=somebody(spelling))
        answer: CreatePersonResponse = callers[worker % 2].service.CreatePerson(
            request, metadata=SOURCE, timeout=60
        )
        return answer

    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(create, range(CALLERS)))
    (created,) = [answer.person for answer in answers if answer.HasField("person")]
    assert created.register_of_origin == BIS
    assert int(created.niss[2:4]) == 64  # April, of a fictitious person
    assert int(created.niss[6:9]) % 2 == 0  # a woman
    shown = [[c.person.niss for c in a.candidates] for a in answers if not a.HasField("person")]
    assert shown == [[created.niss]] * (CALLERS - 1)

    # A caller that reviewed the candidate creates another person.
    request = CreatePersonRequest(identity=somebody("Ouazzanimenti"), reviewed_niss=[created.niss])
    twin = persons.service.CreatePerson(request, metadata=SOURCE).person
    assert twin.niss not in ("", created.niss)
    again = persons.service.CreatePerson(request, metadata=SOURCE)
    assert {c.person.niss for c in again.candidates} == {created.niss, twin.niss}


def test_repeated_request_creates_one_person(persons: Persons, other_server: Server) -> None:
    callers = [persons, Persons(other_server)]
    request = CreatePersonRequest(identity=somebody("Zzemmourini"), request_id="one and the same")

    def create(worker: int) -> str:
        answer = callers[worker % 2].service.CreatePerson(request, metadata=SOURCE, timeout=60)
        return str(answer.person.niss)

    with ThreadPoolExecutor(CALLERS) as pool:
        (niss,) = set(pool.map(create, range(CALLERS)))
    assert niss
    request.identity.first_names[0] = "Fatima"
    reused = refusal(persons.service.CreatePerson, request, metadata=SOURCE)
    assert reused.info.reason == "REQUEST_ID_REUSED"


def test_update_is_applied_field_by_field_and_notifies_holders(
    persons: Persons, register: TestRegister, person_server: Server
) -> None:
    stranger = new_register(person_server)
    (niss,) = persons.known(1)
    see_identities(register)
    persons.inscribe(register, niss, "2024-01-01", "2999-12-31")
    revision = register.state().revision
    address = Address(country="BE", municipality="Gent", postal_code="9000")
    request = UpdatePersonRequest(
        niss=niss,
        identity=Identity(address=address, sex=Sex.SEX_FEMALE),
        update_mask=FieldMask(paths=["address", "sex"]),
        source_date="2025-01-06",
    )
    answer = persons.service.UpdatePerson(request, metadata=register.caller)
    assert [(group.field, GroupStatus.Name(group.status)) for group in answer.groups] == [
        ("sex", "GROUP_STATUS_UNCHANGED"),
        ("address", "GROUP_STATUS_ACCEPTED"),
    ]
    assert answer.person.identity.address == address
    (told_,) = persons.log(register, revision)
    assert told_.kind == MutationKind.MUTATION_KIND_IDENTITY_CHANGED
    assert (told_.niss, list(told_.identity_change.fields)) == (niss, ["address"])
    assert told_.identity_change.after.address == address
    # Older data do not overwrite newer ones, and a repetition changes nothing.
    request.identity.address.municipality = "Namur"
    request.source_date = "2024-12-31"
    older = persons.service.UpdatePerson(request, metadata=register.caller)
    assert older.groups[1].status == GroupStatus.GROUP_STATUS_REFUSED
    assert register.state().revision == revision + 1
    unheld = refusal(persons.service.UpdatePerson, request, metadata=stranger.caller)
    assert unheld.info.reason == "NISS_UNKNOWN"

    national = a_person()
    national.register_of_origin = NATIONAL
    persons.import_rows([national])
    persons.inscribe(register, national.niss, "2024-01-01", "2024-12-31")
    request.niss = national.niss
    kept = refusal(persons.service.UpdatePerson, request, metadata=register.caller)
    assert kept.info.reason == "PERSON_NOT_UPDATABLE"


def test_check_answers_states_and_differing_fields_only(persons: Persons) -> None:
    (niss,) = persons.known(1)
    checks = [
        PersonCheck(niss=niss, identity=IdentityClaim(last_name="Janssens")),
        PersonCheck(niss=new_niss()),
    ]
    states = persons.service.CheckPersons(CheckPersonsRequest(checks=checks), metadata=SOURCE).states
    assert list(states[0].mismatches) == ["last_name"]
    assert [state.HasField("status") for state in states] == [True, False]
    assert "Hondt" not in str(states)
