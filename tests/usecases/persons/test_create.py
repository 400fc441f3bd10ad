"""CreatePerson: a person without a number gets one, and never two."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss, NissProfile, niss_text, parse_niss
from raas.domain.persons.bis_number import bis_numbers
from raas.domain.persons.identity import Address, Identity, Sex
from raas.domain.persons.record import Person
from raas.domain.persons.status import PersonStatus
from raas.usecases.calls.fingerprint import RequestId
from raas.usecases.persons.create import CreateAnswer, CreatePerson
from tests.oracle import numbers
from tests.usecases.persons.harness import BIS, PersonHarness, a_call, new_niss, ordinal

_YEARS = iter(range(1900, 2020))


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


@pytest.fixture
def year() -> int:
    """A year of birth that no other test uses."""
    return next(_YEARS)


def samira(year: int, **changes: object) -> Identity:
    identity = Identity("Ouazzani", ("Samira",), parse_incomplete_date(f"{year}-04-17"), Sex.FEMALE, "Oujda")
    return replace(identity, **changes)  # type: ignore[arg-type]


async def create(
    harness: PersonHarness,
    identity: Identity,
    *reviewed: Niss,
    numbers: list[Niss] | None = None,
    request: RequestId | None = None,
) -> CreateAnswer:
    given = numbers or [new_niss() for _ in range(3)]
    return await harness.creating(*given).create(a_call(), identity, reviewed, request)


async def test_new_person_gets_the_first_free_number(harness: PersonHarness, year: int):
    taken, free = await harness.person(), new_niss()
    answer = await create(harness, samira(year), numbers=[taken, free, new_niss()])
    assert answer.person is not None
    assert (answer.person.niss, answer.person.register_of_origin, answer.person.status) == (
        free,
        BIS,
        PersonStatus.ACTIVE,
    )
    assert answer.candidates == ()
    assert answer.person == await harness.record(free)


async def test_create_answers_similar_persons_and_creates_none(harness: PersonHarness, year: int):
    known = await harness.person(samira(year, last_name="El Ouazzani", sex=None))
    free = new_niss()
    answer = await create(harness, samira(year), numbers=[free])
    assert answer.person is None
    assert [candidate.person.niss for candidate in answer.candidates] == [known]
    assert await harness.store.persons([free]) == {}


async def test_create_succeeds_when_all_candidates_were_reviewed(harness: PersonHarness, year: int):
    known = [await harness.person(samira(year, birth_place=place)) for place in ("Gent", "Namur")]
    assert (await create(harness, samira(year), known[0])).person is None
    answer = await create(harness, samira(year), *known)
    assert answer.person is not None


async def test_reviewed_replaced_number_stands_for_its_successor(harness: PersonHarness, year: int):
    old, new = await harness.person(samira(year)), await harness.person(samira(year, birth_place="Gent"))
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    assert (await create(harness, samira(year))).candidates[0].person.niss == new
    assert (await create(harness, samira(year), old)).person is not None


async def test_twin_is_no_candidate(harness: PersonHarness, year: int):
    await harness.person(samira(year, first_names=("Karim",)))
    assert (await create(harness, samira(year))).person is not None


async def test_candidate_has_the_same_or_an_unknown_day_of_birth(harness: PersonHarness, year: int):
    await harness.person(samira(year, birth_date=parse_incomplete_date(f"{year}-04-18")))
    assert (await create(harness, samira(year))).person is not None
    in_april = samira(year, birth_date=parse_incomplete_date(f"{year}-04-00"), address=Address("MA"))
    assert len((await create(harness, in_april)).candidates) == 2


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, []),
        ({"first_names": ()}, []),
        ({"birth_place": None}, [("identity", "REQUIRED")]),
        ({"sex": None}, [("identity", "REQUIRED")]),
        ({"birth_date": parse_incomplete_date("1950-04-00")}, [("identity", "REQUIRED")]),
        ({"birth_date": parse_incomplete_date("1899-12-31")}, [("identity.birth_date", "VALUE_INVALID")]),
        ({"sex": None, "address": Address("MA")}, []),
        ({"sex": None, "address": Address("BE")}, [("identity", "REQUIRED")]),
        ({"sex": None, "address": Address("", "Oujda")}, [("identity", "REQUIRED")]),
        ({"sex": None, "contact_address": Address("BE", "Namur")}, []),
        ({"sex": None, "contact_address": Address("FR")}, [("identity", "REQUIRED")]),
        ({"last_name": None}, [("identity.last_name", "REQUIRED")]),
        (
            {"last_name": None, "birth_date": None},
            [
                ("identity.last_name", "REQUIRED"),
                ("identity.birth_date", "REQUIRED"),
                ("identity", "REQUIRED"),
            ],
        ),
    ],
)
async def test_create_requires_one_of_the_three_data_sets(
    harness: PersonHarness, year: int, changes: dict[str, object], missing: list[tuple[str, str]]
):
    identity = samira(year, **changes)
    if not missing:
        assert (await create(harness, identity)).person is not None
        return
    with pytest.raises(Refused) as refused:
        await create(harness, identity)
    assert [(v.field, v.reason.name) for v in refused.value.violations] == missing


async def test_repeated_request_answers_the_same_person(harness: PersonHarness, year: int):
    request = RequestId(uuid4().hex, bytes)
    first = await create(harness, samira(year), request=request)
    again = await create(harness, samira(year), request=request)
    assert again == first
    assert again.person is not None


async def test_request_id_with_another_body_is_refused(harness: PersonHarness, year: int):
    request = RequestId(uuid4().hex, bytes)
    await create(harness, samira(year), request=request)
    with pytest.raises(Refused) as refused:
        await create(harness, samira(year, last_name="Zwartjes"), request=request)
    assert [(v.field, v.reason) for v in refused.value.violations] == [
        ("request_id", Reason.REQUEST_ID_REUSED)
    ]


async def test_request_that_created_nobody_is_not_stored(harness: PersonHarness, year: int):
    known = await harness.person(samira(year))
    request = RequestId(uuid4().hex, bytes)
    assert (await create(harness, samira(year), request=request)).person is None
    assert (await create(harness, samira(year), known, request=request)).person is not None


@pytest.mark.parametrize("repeated", [True, False])
async def test_concurrent_identical_creations_create_one_person(
    harness: PersonHarness, year: int, repeated: bool
):
    request = RequestId(uuid4().hex, bytes) if repeated else None
    numbers = [new_niss() for _ in range(12)]
    answers = await asyncio.gather(
        *(create(harness, samira(year), numbers=numbers, request=request) for _ in range(8))
    )
    created = {answer.person.niss for answer in answers if answer.person}
    shown = {candidate.person.niss for answer in answers for candidate in answer.candidates}
    assert created == {numbers[0]}
    assert shown == (set() if repeated else created)
    assert sum(answer.person is not None for answer in answers) == (8 if repeated else 1)


async def test_concurrent_creations_with_other_spellings_create_one_person(harness: PersonHarness, year: int):
    names = ("Müller", "Mueller", "Muller", "MULLER")
    numbers = [new_niss() for _ in range(12)]
    answers = await asyncio.gather(
        *(create(harness, samira(year, last_name=name), numbers=numbers) for name in names)
    )
    assert sum(answer.person is not None for answer in answers) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Ahmed", "Karim"), ("Karim", "Ahmed")),
        (("Vermeersch", "Samira"), ("Vemreersch", "Samira")),
        (("Chaouki", "Samira"), ("Shawki", "Samira")),
        (("Benali Haddou", "Nora"), ("Haddou", "Nora")),
        (("Kowalczyk", "Zoë"), ("Kovalczyk", "Zoe")),
    ],
)
async def test_concurrent_creations_of_one_person_create_one_number(
    harness: PersonHarness, year: int, one: tuple[str, str], other: tuple[str, str]
):
    """Under spellings of the name that share no search key, and with first and last name swapped."""
    numbers = [new_niss() for _ in range(12)]
    answers = await asyncio.gather(
        *(
            create(harness, samira(year, last_name=last, first_names=(first,)), numbers=numbers)
            for last, first in (one, other) * 3
        )
    )
    created = {answer.person.niss for answer in answers if answer.person}
    shown = {candidate.person.niss for answer in answers for candidate in answer.candidates}
    assert created == shown == {numbers[0]}


async def test_creation_finds_a_person_that_a_feed_is_adding(harness: PersonHarness, year: int):
    creating = asyncio.create_task(create(harness, samira(year)))
    importing = asyncio.create_task(harness.person(samira(year)))
    answer, fed = await asyncio.gather(creating, importing)
    found = await create(harness, samira(year))
    shown = {candidate.person.niss for candidate in found.candidates}
    assert shown == {fed, *([answer.person.niss] if answer.person else [])}
    assert answer.person is not None or {c.person.niss for c in answer.candidates} == {fed}


async def test_concurrent_creations_of_different_persons_get_different_numbers(
    harness: PersonHarness, year: int
):
    names = ("Zwartjes", "Blanchard", "Okafor", "Haddad", "Kowalczyk", "Dimitrov")
    numbers = [new_niss() for _ in range(12)]
    answers = await asyncio.gather(
        *(create(harness, samira(year, last_name=name), numbers=numbers) for name in names)
    )
    assert len({answer.person.niss for answer in answers if answer.person}) == len(names)


async def test_create_is_refused_when_all_numbers_are_taken(harness: PersonHarness, year: int):
    taken = await harness.person()
    with pytest.raises(Refused) as refused:
        await create(harness, samira(year), numbers=[taken])
    assert refused.value.violations[0].sentence == "NUMBERS_EXHAUSTED"


# ---- numbers -------------------------------------------------------------------------------------


def giving_real_numbers(harness: PersonHarness) -> CreatePerson:
    return CreatePerson(harness.store, lambda born, sex: bis_numbers(born, sex, NissProfile.TEST))


async def give_away(harness: PersonHarness, numbers: Iterable[int]) -> None:
    # One statement: a cluster writes each of them on every node.
    query = text(
        "INSERT INTO person (niss, register_of_origin, status, version)"
        " SELECT niss, 3, 1, 1 FROM unnest(CAST(:nisses AS bigint[])) AS given (niss)"
    )
    async with harness.engine.begin() as connection:
        await connection.execute(query, {"nisses": list(numbers)})


@pytest.mark.parametrize(("sex", "first"), [(Sex.MALE, 1), (Sex.FEMALE, 2)])
async def test_exhausted_day_continues_under_month_zero(
    harness: PersonHarness, year: int, sex: Sex, first: int
):
    identity = samira(year, sex=sex)
    assert identity.birth_date is not None
    numbers_in_order = list(bis_numbers(identity.birth_date, sex, NissProfile.TEST))
    counters = 499
    await give_away(harness, numbers_in_order[: counters - 1])
    names = iter(("Zwartjes", "Blanchard", "Okafor", "Kowalczyk"))
    expected = [
        numbers.niss(year, 64, 17, 998 if sex is Sex.FEMALE else 997),  # the last one of the day
        numbers.niss(year, 60, 0, first),
        numbers.niss(year, 60, 0, first + 2),
    ]
    creating = giving_real_numbers(harness)
    for text_expected in expected:
        answer = await creating.create(a_call(), replace(identity, last_name=next(names)), (), None)
        assert answer.person is not None
        assert niss_text(answer.person.niss) == text_expected
        assert parse_niss(text_expected, NissProfile.TEST, ordinal(2026, 11, 24)) == answer.person.niss
        assert answer.person.register_of_origin is BIS
    # A nearly exhausted year takes a few lookups, not one for each hundred numbers.
    await give_away(harness, set(numbers_in_order[counters + 2 : -1]))
    answer = await creating.create(a_call(), replace(identity, last_name=next(names)), (), None)
    assert answer.person is not None
    assert answer.person.niss == numbers_in_order[-1]


async def test_concurrent_creations_of_one_birth_date_get_consecutive_numbers(
    harness: PersonHarness, year: int
):
    names = ("Zwartjes", "Blanchard", "Okafor", "Haddad", "Kowalczyk", "Dimitrov", "Nguyen", "Lukaku")
    creating = giving_real_numbers(harness)
    answers = await asyncio.gather(
        *(creating.create(a_call(), samira(year, last_name=name), (), None) for name in names)
    )
    given = {answer.person.niss for answer in answers if answer.person}
    born = samira(year).birth_date
    assert born is not None
    assert given == set(islice(bis_numbers(born, Sex.FEMALE, NissProfile.TEST), len(names)))


async def test_number_known_to_a_register_is_not_given(harness: PersonHarness, year: int):
    register = await harness.register()
    known, free = await harness.person(), new_niss()
    await harness.inscribe(register, known, "2024-01-01", "2024-12-31")
    async with harness.engine.begin() as connection:
        # The register is older than the authentic source.
        await connection.execute(text("DELETE FROM person WHERE niss = :niss"), {"niss": known})
    answer = await create(harness, samira(year), numbers=[known, free])
    assert answer.person is not None
    assert answer.person.niss == free


async def test_create_with_too_many_candidates_is_refused(harness: PersonHarness, year: int):
    crowd = [Person(new_niss(), BIS, samira(year)) for _ in range(101)]
    await harness.store.add(crowd, None)
    with pytest.raises(Refused) as refused:
        await create(harness, samira(year))
    assert refused.value.violations[0].reason is Reason.TOO_MANY_RESULTS
