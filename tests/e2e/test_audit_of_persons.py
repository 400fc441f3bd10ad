"""The audit records of PersonService: about whom, shown whom, by which rights, and without claims."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from raas.domain.audit.chain import register_chain
from raas.domain.audit.record import BulkRead, record_texts
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.v1 import person_service_pb2 as person_v1
from raas.v1.identity_pb2 import Identity, IdentityClaim, Sex
from tests.e2e.audited import World, numbers
from tests.e2e.persons import SOURCE, a_person, new_niss
from tests.e2e.registers import TYPES, see_identities
from tests.e2e.servers import Server


@pytest.fixture
def world(person_server: Server) -> Iterator[World]:
    made = World(person_server)
    yield made
    made.persons.channel.close()


def test_person_that_is_read_is_recorded_with_the_authorisation(world: World) -> None:
    authorisation = see_identities(world.register)
    read = world.calls.call(world.persons.service.GetPerson, person_v1.GetPersonRequest(niss=world.ann))
    world.require(
        read.record,
        "PersonService/GetPerson",
        register=world.number,
        touched=numbers(world.ann),
        shown=numbers(world.ann),
        details={"authorisations": [authorisation.id]},
    )


def test_confronted_claim_is_recorded_without_the_claim(world: World) -> None:
    claim = IdentityClaim(last_name="Quaghebeur", first_names=["Godelieve"])
    request = person_v1.ConfrontIdentityRequest(niss=world.ann, identity=claim)
    confronted = world.calls.call(world.persons.service.ConfrontIdentity, request)
    record = confronted.record
    world.require(record, "PersonService/ConfrontIdentity", register=world.number, touched=numbers(world.ann))
    assert not any("Quaghebeur" in text or "Godelieve" in text for text in record_texts(record))


def test_search_is_recorded_with_every_candidate_and_its_criteria_apart(world: World) -> None:
    identity = {
        "last_name": "Vandersmissen-Lombaerts",
        "first_names": ["Eufrazie"],
        "birth_date": "1931-05-09",
    }
    niss = new_niss()
    world.persons.import_rows([a_person(niss, **identity)])
    request = person_v1.SearchPersonsRequest(**identity)
    searched = world.calls.call(world.persons.service.SearchPersons, request)
    assert [each.person.niss for each in searched.answer.candidates] == [niss]
    (stored,), record = searched.stored, searched.record
    world.require(record, "PersonService/SearchPersons", shown=numbers(niss))
    assert stored.criteria is not None
    assert record.criteria_hash == stored.criteria.hash
    assert '"last_name":"Vandersmissen-Lombaerts"' in stored.criteria.content
    assert not any("Vandersmissen" in text for text in record_texts(record))


def test_checked_persons_are_recorded_for_whom_they_are_checked(world: World) -> None:
    old = new_niss()
    world.persons.import_rows([a_person(old)])
    replaced = person_v1.ReplaceNissRequest(niss=old, successor_niss=world.ann)
    world.persons.service.ReplaceNiss(replaced, metadata=SOURCE)
    checks = [person_v1.PersonCheck(niss=niss) for niss in (old, world.bob)]
    request = person_v1.CheckPersonsRequest(checks=checks, on_behalf_of=world.other.number)
    record = world.calls.call(world.persons.service.CheckPersons, request).record
    world.require(
        record, "PersonService/CheckPersons", touched=numbers(old, world.bob), shown=numbers(world.ann)
    )
    assert record.actor.on_behalf_of == int(world.other.number)


def test_created_person_is_recorded_and_before_that_every_candidate(world: World) -> None:
    identity = Identity(
        last_name="Goeminne-Terryn",
        first_names=["Leocadie"],
        birth_date="1933-02-11",
        birth_place="Oujda",
        sex=Sex.SEX_FEMALE,
    )
    create = world.persons.service.CreatePerson
    created = world.calls.call(create, person_v1.CreatePersonRequest(identity=identity))
    niss = created.answer.person.niss
    world.require(created.record, "PersonService/CreatePerson", shown=numbers(niss))
    again = world.calls.call(create, person_v1.CreatePersonRequest(identity=identity))
    assert not again.answer.HasField("person")
    world.require(again.record, "PersonService/CreatePerson", shown=numbers(niss))
    reviewed = person_v1.CreatePersonRequest(identity=identity, reviewed_niss=[niss])
    second = world.calls.call(create, reviewed)
    world.require(
        second.record,
        "PersonService/CreatePerson",
        touched=numbers(niss),
        shown=numbers(second.answer.person.niss),
    )


def test_updated_person_is_recorded_in_the_process_and_in_every_register_that_is_told(world: World) -> None:
    request = person_v1.UpdatePersonRequest(
        niss=world.ann,
        identity=Identity(last_name="Szymański"),
        update_mask={"paths": ["last_name"]},
        source_date="2026-01-02",
    )
    updated = world.calls.call(world.persons.service.UpdatePerson, request)
    mine, others, process = updated.records
    assert [each.chain for each in updated.stored[:2]] == [
        register_chain(EnterpriseNumber(int(each.number))) for each in (world.register, world.other)
    ]
    rpc, touched = "PersonService/UpdatePerson", numbers(world.ann)
    world.require(mine, rpc, register=world.number, touched=touched, revision=len(TYPES) + 2)
    others_number = int(world.other.number)
    world.require(others, rpc, register=others_number, touched=touched, revision=len(TYPES) + 2)
    world.require(process, rpc, register=world.number, touched=touched, shown=touched)


def test_changes_of_a_number_are_recorded_under_both_numbers(world: World) -> None:
    service, old, new = world.persons.service, world.ann, world.bob
    both = numbers(old, new)
    request = person_v1.ReplaceNissRequest(niss=old, successor_niss=new, validate_only=True)
    tried = world.calls.call(service.ReplaceNiss, request)
    world.require(
        tried.record, "PersonService/ReplaceNiss", touched=both, shown=both, details={"validate_only": True}
    )
    request = person_v1.ReplaceNissRequest(niss=old, successor_niss=new)
    replaced = world.calls.call(service.ReplaceNiss, request)
    restored = world.calls.call(service.RestoreNiss, person_v1.RestoreNissRequest(niss=old))
    for made, rpc, named in ((replaced, "ReplaceNiss", both), (restored, "RestoreNiss", numbers(old))):
        *of_registers, process = made.records
        assert [each.register for each in of_registers] == [world.number, int(world.other.number)]
        for each in of_registers:
            assert set(each.touched) >= set(named)
            assert (each.outcome, each.ticket, each.actor.end_user) == ("OK", "T-9", "clerk 7")
        world.require(process, f"PersonService/{rpc}", touched=named, shown=both)
    cancelled = world.calls.call(service.CancelNiss, person_v1.CancelNissRequest(niss=new))
    world.require(cancelled.record, "PersonService/CancelNiss", touched=numbers(new), shown=numbers(new))


def test_every_message_of_a_feed_of_persons_is_recorded(world: World) -> None:
    rows = [a_person() for _ in range(3)]
    messages = [
        person_v1.ImportPersonsRequest(import_id="feed", persons=rows[:2]),
        person_v1.ImportPersonsRequest(import_id="feed", offset=2, persons=rows[2:]),
    ]
    fed = world.calls.stream(world.persons.service.ImportPersons, iter(messages))
    first, second, whole = fed.records
    rpc = "PersonService/ImportPersons"
    world.require(first, rpc, touched=numbers(*(row.niss for row in rows[:2])), details={"through_offset": 2})
    world.require(second, rpc, touched=numbers(rows[2].niss), details={"through_offset": 3})
    world.require(whole, rpc, bulk=BulkRead({"import_id": "feed"}, None, None, 3))
