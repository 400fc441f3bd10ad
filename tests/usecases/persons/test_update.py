"""UpdatePerson: applies newer data field by field and notifies the registers."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Address, Identity
from raas.domain.persons.record import RegisterOfOrigin
from raas.domain.persons.source_update import GroupStatus
from raas.domain.rights.view import RegisterView
from raas.usecases.calls.access import AdmittedRegister
from tests.usecases.persons.harness import (
    BIS,
    NATIONAL,
    PersonHarness,
    a_call,
    an_identity,
    new_niss,
    ordinal,
)

ACCEPTED, UNCHANGED, REFUSED = GroupStatus
MARCH, APRIL, MAY = (ordinal(2024, month, 1) for month in (3, 4, 5))


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


async def held(
    harness: PersonHarness, origin: RegisterOfOrigin = BIS, identity: Identity | None = None
) -> tuple[AdmittedRegister, Niss]:
    """A register and a person it holds."""
    register, niss = await harness.register(), await harness.person(identity, origin)
    await harness.inscribe(register, niss, "2020-01-01", "2020-12-31")
    return register, niss


async def groups(
    harness: PersonHarness, register: AdmittedRegister, niss: Niss, day: int, **fields: object
) -> dict[str, GroupStatus]:
    values = Identity(**fields)  # type: ignore[arg-type]
    return dict((await harness.update.update(a_call(), register, niss, fields, values, day)).groups)


async def refusal(harness: PersonHarness, register: AdmittedRegister, niss: Niss) -> Reason:
    with pytest.raises(Refused) as refused:
        await groups(harness, register, niss, MARCH, birth_place="Gent")
    (violation,) = refused.value.violations
    assert violation.field == "niss"
    return violation.reason


async def test_update_sets_and_clears_fields_and_notifies_once(harness: PersonHarness):
    register, niss = await held(harness, identity=replace(an_identity(), birth_place="Oujda"))
    address = Address("BE", "Namur")
    assert await groups(harness, register, niss, MARCH, address=address, birth_place=None, sex=None) == {
        "sex": ACCEPTED,
        "birth_place": ACCEPTED,
        "address": ACCEPTED,
    }
    record = await harness.record(niss)
    assert record.identity == replace(an_identity(), sex=None, address=address)
    assert (record.version, record.source_date) == (2, MARCH)
    (_, told) = await harness.log(register)
    assert told[4] == {
        "fields": ["sex", "birth_place", "address"],
        "before": {"sex": "FEMALE", "birth_place": "Oujda"},
        "after": {"address": {"country": "BE", "municipality": "Namur"}},
        "effective_date": "2024-03-01",
    }


async def test_update_answers_the_record_as_stored(harness: PersonHarness):
    register, niss = await held(harness)
    update = await harness.update.update(
        a_call(), register, niss, ["birth_place"], Identity(birth_place="Gent"), MARCH
    )
    assert update.person == await harness.record(niss)


async def test_repeated_update_changes_nothing_and_notifies_nobody(harness: PersonHarness):
    register, niss = await held(harness)
    await groups(harness, register, niss, MARCH, birth_place="Gent")
    assert await groups(harness, register, niss, MARCH, birth_place="Gent") == {"birth_place": UNCHANGED}
    assert (await harness.record(niss)).version == 2
    assert len(await harness.log(register)) == 2


async def test_update_does_not_overwrite_newer_fields(harness: PersonHarness):
    register, niss = await held(harness)
    await groups(harness, register, niss, APRIL, birth_place="Gent", nationality="MA")
    older = await groups(
        harness, register, niss, MARCH, birth_place="Brugge", nationality="MA", death_date=None
    )
    assert older == {"birth_place": REFUSED, "nationality": UNCHANGED, "death_date": UNCHANGED}
    newer = await groups(harness, register, niss, MAY, birth_place="Brugge")
    assert newer == {"birth_place": ACCEPTED}
    assert (await harness.record(niss)).identity.birth_place == "Brugge"


async def test_confirming_a_field_renews_its_source_date(harness: PersonHarness):
    register, niss = await held(harness)
    await groups(harness, register, niss, MARCH, birth_place="Gent")
    await groups(harness, register, niss, MAY, birth_place="Gent")
    assert await groups(harness, register, niss, APRIL, birth_place="Brugge") == {"birth_place": REFUSED}


async def test_each_field_has_its_own_source_date(harness: PersonHarness):
    register, niss = await held(harness)
    await groups(harness, register, niss, MAY, birth_place="Gent")
    assert await groups(harness, register, niss, MARCH, nationality="MA") == {"nationality": ACCEPTED}


async def test_person_of_the_rad_register_can_be_updated(harness: PersonHarness):
    register, niss = await held(harness, RegisterOfOrigin.RAD)
    assert await groups(harness, register, niss, MARCH, birth_place="Gent") == {"birth_place": ACCEPTED}


async def test_person_of_the_national_register_cannot_be_updated(harness: PersonHarness):
    register, niss = await held(harness, NATIONAL)
    assert await refusal(harness, register, niss) is Reason.PERSON_NOT_UPDATABLE


async def test_cancelled_number_cannot_be_updated(harness: PersonHarness):
    register, niss = await held(harness)
    await harness.numbers.cancel(a_call(), niss)
    assert await refusal(harness, register, niss) is Reason.NISS_CANCELLED


async def test_update_of_a_person_not_held_is_refused_like_an_unknown_one(harness: PersonHarness):
    register, _ = await held(harness)
    assert await refusal(harness, register, await harness.person()) is Reason.NISS_UNKNOWN
    assert await refusal(harness, register, await harness.person(origin=NATIONAL)) is Reason.NISS_UNKNOWN
    assert await refusal(harness, register, new_niss()) is Reason.NISS_UNKNOWN


async def test_update_of_a_person_under_other_dossier_types_is_refused_like_an_unknown_one(
    harness: PersonHarness,
):
    """As where the legal context of the call allows other types than those of the person."""
    register, niss = await held(harness)
    elsewhere = replace(register, view=RegisterView(frozenset({"PENSION"})))
    before = await harness.log(register)
    assert await refusal(harness, elsewhere, niss) is Reason.NISS_UNKNOWN
    assert await harness.log(register) == before
    within = replace(register, view=RegisterView(frozenset({"PENSION", "HEALTH"})))
    assert await groups(harness, within, niss, MARCH, birth_place="Gent") == {"birth_place": ACCEPTED}


async def test_update_of_a_replaced_number_changes_the_final_successor(harness: PersonHarness):
    register, old = await held(harness)
    new = await harness.person(an_identity("New"))
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    assert await groups(harness, register, old, MARCH, birth_place="Gent") == {"birth_place": ACCEPTED}
    assert (await harness.record(new)).identity == replace(an_identity("New"), birth_place="Gent")
    assert (await harness.record(old)).identity == an_identity()


async def test_concurrent_updates_are_all_applied(harness: PersonHarness):
    register, niss = await held(harness)
    fields: list[dict[str, object]] = [
        {"birth_place": "Gent"},
        {"nationality": "MA"},
        {"address": Address("BE")},
        {"contact_address": Address("BE", "Namur")},
    ]
    await asyncio.gather(*(groups(harness, register, niss, MARCH, **each) for each in fields))
    record = await harness.record(niss)
    assert (record.version, record.identity.birth_place, record.identity.nationality) == (5, "Gent", "MA")
    assert len(await harness.log(register)) == 5
