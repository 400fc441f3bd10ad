"""SearchPersons: all who fit, best first, or none at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Address, Sex
from raas.domain.persons.record import Person
from raas.domain.search.person_search import GivenNameMatching, PersonQuery, Probe
from raas.usecases.persons.search import SearchPersons
from raas.usecases.ports.persons import Findable
from tests.usecases.persons.harness import PersonHouse, a_call, an_identity

_YEARS = iter(range(1850, 1899))


@pytest.fixture
def house(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHouse:
    return PersonHouse(engine, reading_engine)


@pytest.fixture
def day() -> str:
    """A day on which nobody of another test was born."""
    return f"{next(_YEARS)}-06-14"


def query(last_name: str, born: str, *first_names: str, **more: object) -> PersonQuery:
    asked = PersonQuery(last_name, parse_incomplete_date(born), first_names=first_names)
    return replace(asked, **more)  # type: ignore[arg-type]


async def found(house: PersonHouse, asked: PersonQuery, most: int = 100) -> list[Niss]:
    return [candidate.person.niss for candidate in await house.search.search(asked, most)]


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("Van den Berghe", "Vandenberghe"),
        ("Vandenberghe", "Van den Berghe"),
        ("Dupont", "Dupond"),
        ("El Khattabi", "Elkhatabi"),
        ("Müller", "Mueller"),
        ("Mueller", "Muller"),
        ("Çelik", "Celik"),
        ("Yılmaz", "Yilmaz"),
        ("Garcia Lopez", "Garcia"),
        ("Vanderstraeten", "Vanderstra"),
    ],
)
async def test_spellings_find_each_other(house: PersonHouse, day: str, known: str, asked: str):
    niss = await house.person(an_identity(known, day, "Anne"))
    assert await found(house, query(asked, day, "Anne")) == [niss]


async def test_last_and_first_name_swapped(house: PersonHouse, day: str):
    niss = await house.person(an_identity("Haddad", day, "Karim"))
    assert await found(house, query("Karim", day, "Haddad")) == [niss]


async def test_the_best_comes_first_and_equal_ones_in_order_of_number(house: PersonHouse, day: str):
    alike = [await house.person(an_identity("Declercq", day)) for _ in range(3)]
    near = await house.person(an_identity("Declerck", day))
    candidates = await house.search.search(query("Declercq", day), 100)
    assert [candidate.person.niss for candidate in candidates] == [*sorted(alike), near]
    assert candidates[0].score == candidates[2].score > candidates[3].score > 0
    assert candidates[0].person == await house.record(min(alike))


async def test_the_window_sex_and_municipality(house: PersonHouse, day: str):
    identity = replace(an_identity("Wouters", day), address=Address("BE", "Gent"))
    niss = await house.person(identity)
    blank = await house.person(replace(an_identity("Wouters", day), sex=None))
    later = day[:-2] + "16"
    assert await found(house, query("Wouters", later)) == []
    assert set(await found(house, query("Wouters", later, tolerance=2))) == {niss, blank}
    assert await found(house, query("Wouters", day, sex=Sex.MALE)) == [blank]
    assert await found(house, query("Wouters", day, municipality="Namur")) == [blank]
    assert set(await found(house, query("Wouters", day, municipality="GENT"))) == {niss, blank}


async def test_given_names_as_asked(house: PersonHouse, day: str):
    niss = await house.person(an_identity("Lemmens", day, "Marie", "Louise"))
    ask = {
        GivenNameMatching.FIRST_LETTER_FIRST_GIVEN_NAME: ("Mia",),
        GivenNameMatching.COMPLETE_FIRST_GIVEN_NAME: ("Marie",),
        GivenNameMatching.ALL_GIVEN_NAMES: ("Louise", "Marie"),
        GivenNameMatching.IGNORE_GIVEN_NAMES: ("Zoë",),
    }
    for mode, names in ask.items():
        assert await found(house, query("Lemmens", day, *names, given_name_matching=mode)) == [niss], mode
    for mode in (m for m in ask if m is not GivenNameMatching.IGNORE_GIVEN_NAMES):
        assert await found(house, query("Lemmens", day, "Zoë", given_name_matching=mode)) == [], mode


async def test_a_person_is_found_once_by_whichever_record_fits_best(house: PersonHouse, day: str):
    old, new = [await house.person(an_identity(name, day)) for name in ("Dubois", "Duboys")]
    await house.numbers.replace(a_call(), old, new, validate_only=False)
    (candidate,) = await house.search.search(query("Dubois", day), 100)
    assert candidate.person == await house.record(new)
    assert candidate.score == 1


async def test_more_than_wanted_is_refused_and_not_cut(house: PersonHouse, day: str):
    for _ in range(4):
        await house.person(an_identity("Quaghebeur", day))
    assert len(await found(house, query("Quaghebeur", day), 4)) == 4
    with pytest.raises(Refused) as refused:
        await found(house, query("Quaghebeur", day), 3)
    (violation,) = refused.value.violations
    assert (violation.reason, violation.values) == (Reason.TOO_MANY_RESULTS, {"limit": "3"})


async def test_more_than_can_be_looked_at_is_refused():
    class Crowd:
        async def find(self, probe: Probe, limit: int) -> tuple[Sequence[Findable], bool]:
            return (), True

        async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
            raise AssertionError("nobody is to be shown")

    with pytest.raises(Refused) as refused:
        await SearchPersons(Crowd()).search(query("Peeters", "1968-06-14"), 100)
    assert refused.value.violations[0].reason is Reason.TOO_MANY_RESULTS
