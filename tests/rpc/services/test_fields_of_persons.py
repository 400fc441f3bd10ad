"""The fields of persons that the calls of PersonService show, and those that they name as withheld."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from secrets import choice
from uuid import uuid4

import pytest

from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.stored_identity import IDENTITY_FIELDS
from raas.usecases.persons.import_rows import ImportedPerson
from raas.v1 import person_service_pb2 as v1
from raas.v1.person_pb2 import Person
from tests.rights import identity_authorisation
from tests.rpc.services.test_person_service import Own, as_dict, own, raas_server
from tests.usecases.persons.harness import WHOLE

__all__ = ["own", "raas_server"]

APART = {"last_name", "first_names", "birth_date", "sex"}
EVERY = list(IDENTITY_FIELDS)


def _a_name() -> str:
    """A name that no other test uses."""
    return "".join(choice("bdgklmnprst") + choice("aeiou") for _ in range(6)).capitalize()


async def whole_person(own: Own) -> Niss:
    """A person with every field, whom the register does not know."""
    return await own.raas_server.harness.person(replace(WHOLE, last_name=_a_name()))


def beyond(names: Iterable[str]) -> list[str]:
    """The fields that are left out when these are shown."""
    return [name for name in EVERY if name not in names]


async def shown(own: Own, niss: Niss) -> Person:
    return (await own.ask("GetPerson", {"niss": niss_text(niss)})).person


async def test_person_without_an_authorisation_is_shown_without_identity(own: Own):
    niss = await whole_person(own)
    await own.raas_server.harness.inscribe(own.register, niss, "2025-06-01", "2999-12-31")
    person = await shown(own, niss)
    assert (as_dict(person.identity), list(person.withheld_fields)) == ({}, EVERY)
    assert (person.niss, person.version, person.source_date) == (niss_text(niss), 1, "")


async def test_fields_that_are_not_authorised_are_named_known_or_not(own: Own):
    niss = await whole_person(own)
    fields = frozenset({"last_name", "death_date"})
    await own.sees(niss, own.niss, fields=fields)
    person = await shown(own, niss)
    assert set(as_dict(person.identity)) == fields
    assert list(person.withheld_fields) == beyond(fields)
    poor = await shown(own, own.niss)
    assert set(as_dict(poor.identity)) == {"last_name"}
    assert list(poor.withheld_fields) == beyond(fields)


@pytest.mark.parametrize(
    ("begin", "end", "seen"),
    [
        ("2024-01-01", "2024-12-31", False),
        ("2025-06-01", "2999-12-31", True),
        ("2998-01-01", "2999-01-01", False),
    ],
)
async def test_authorisation_counts_while_the_register_knows_the_person_on_the_day(
    own: Own, begin: str, end: str, seen: bool
):
    niss = await whole_person(own)
    await own.sees()
    await own.raas_server.harness.inscribe(own.register, niss, begin, end)
    assert list((await shown(own, niss)).withheld_fields) == ([] if seen else EVERY)


async def test_authorisation_of_another_register_or_dossier_type_shows_nothing(own: Own):
    other = await own.raas_server.harness.register()
    await own.raas_server.rights.put(identity_authorisation(other.enterprise_number))
    await own.sees(own.niss, dossier_types=frozenset({"PENSION"}))
    assert list((await shown(own, own.niss)).withheld_fields) == EVERY


async def test_candidates_show_what_tells_persons_apart(own: Own):
    niss = await whole_person(own)
    name = (await own.raas_server.harness.record(niss)).identity.last_name
    request = {"last_name": name, "birth_date": "1968-06-00", "birth_date_tolerance": 0}

    async def candidate() -> Person:
        (found,) = (await own.ask("SearchPersons", request)).candidates
        person: Person = found.person
        return person

    person = await candidate()
    assert set(as_dict(person.identity)) <= APART
    assert person.identity.last_name == name
    assert list(person.withheld_fields) == beyond(APART)
    # An authorisation adds fields of persons whom the register knows.
    await own.sees(fields=frozenset({"death_date"}))
    assert list((await candidate()).withheld_fields) == beyond(APART)
    await own.raas_server.harness.inscribe(own.register, niss, "2025-06-01", "2999-12-31")
    assert list((await candidate()).withheld_fields) == beyond({*APART, "death_date"})


async def test_update_shows_no_field_without_an_authorisation(own: Own):
    request = {
        "niss": own.text,
        "identity": {"address": {"country": "BE", "municipality": "Gent"}},
        "update_mask": "address",
        "source_date": "2024-05-06",
    }
    answer = await own.ask("UpdatePerson", request)
    assert [v1.GroupStatus.Name(each.status) for each in answer.groups] == ["GROUP_STATUS_ACCEPTED"]
    assert (as_dict(answer.person.identity), answer.person.source_date) == ({}, "")
    assert list(answer.person.withheld_fields) == EVERY


async def test_repeated_creation_shows_no_value_that_others_have_changed(own: Own):
    identity = {"last_name": "Ouafik", "first_names": ["Nadia"], "birth_date": "1941-04-18"}
    identity |= {"birth_place": "Oujda", "sex": "SEX_FEMALE"}
    request = {"identity": identity, "request_id": uuid4().hex}
    created = (await own.ask("CreatePerson", request)).person
    assert (as_dict(created.identity), list(created.withheld_fields)) == (identity, [])
    harness, niss = own.raas_server.harness, Niss(int(created.niss))
    record = (await harness.record(niss)).identity
    await harness.imported([ImportedPerson(niss, identity=replace(record, birth_place="Rabat"))])
    again = (await own.ask("CreatePerson", request)).person
    assert list(again.withheld_fields) == ["birth_place"]
    assert "birth_place" not in as_dict(again.identity)


async def test_authentic_source_is_shown_the_records_that_it_keeps(own: Own):
    niss = await whole_person(own)
    cancelled = (await own.ask("CancelNiss", {"niss": niss_text(niss)})).person
    assert list(cancelled.withheld_fields) == []
    assert cancelled.identity.birth_place == WHOLE.birth_place
