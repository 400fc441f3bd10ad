"""SearchPersons: all matches, best first, or a refusal."""

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
from raas.domain.search.ladder import SearchStep
from raas.domain.search.person_search import DayProbe, GivenNameMatching, PersonQuery, Probe
from raas.usecases.persons.search import SearchPersons
from raas.usecases.ports.persons import Findable
from tests.usecases.persons.harness import PersonHarness, a_call, an_identity

_YEARS = iter(range(1850, 1899))


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


@pytest.fixture
def day() -> str:
    """A day of birth that no other test uses."""
    return f"{next(_YEARS)}-06-14"


def query(last_name: str, born: str, *first_names: str, **more: object) -> PersonQuery:
    asked = PersonQuery(last_name, parse_incomplete_date(born), first_names=first_names)
    return replace(asked, **more)  # type: ignore[arg-type]


async def found(harness: PersonHarness, asked: PersonQuery, most: int = 100) -> list[Niss]:
    return [candidate.person.niss for candidate in await harness.search.search(asked, most)]


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
async def test_spellings_find_each_other(harness: PersonHarness, day: str, known: str, asked: str):
    niss = await harness.person(an_identity(known, day, "Anne"))
    assert await found(harness, query(asked, day, "Anne")) == [niss]


async def test_swapped_last_and_first_names_are_found(harness: PersonHarness, day: str):
    niss = await harness.person(an_identity("Haddad", day, "Karim"))
    assert await found(harness, query("Karim", day, "Haddad")) == [niss]


async def test_candidates_are_ordered_by_score_then_number(harness: PersonHarness, day: str):
    alike = [await harness.person(an_identity("Declercq", day)) for _ in range(3)]
    near = await harness.person(an_identity("Declerck", day))
    candidates = await harness.search.search(query("Declercq", day), 100)
    assert [candidate.person.niss for candidate in candidates] == [*sorted(alike), near]
    assert candidates[0].score == candidates[2].score > candidates[3].score > 0
    assert candidates[0].person == await harness.record(min(alike))


async def test_window_sex_and_municipality_filter_candidates(harness: PersonHarness, day: str):
    identity = replace(an_identity("Wouters", day), address=Address("BE", "Gent"))
    niss = await harness.person(identity)
    blank = await harness.person(replace(an_identity("Wouters", day), sex=None))
    later = day[:-2] + "16"
    assert await found(harness, query("Wouters", later)) == []
    assert set(await found(harness, query("Wouters", later, tolerance=2))) == {niss, blank}
    assert await found(harness, query("Wouters", day, sex=Sex.MALE)) == [blank]
    assert await found(harness, query("Wouters", day, municipality="Namur")) == [blank]
    assert set(await found(harness, query("Wouters", day, municipality="GENT"))) == {niss, blank}


async def test_given_names_as_asked(harness: PersonHarness, day: str):
    niss = await harness.person(an_identity("Lemmens", day, "Marie", "Louise"))
    ask = {
        GivenNameMatching.FIRST_LETTER_FIRST_GIVEN_NAME: ("Mia",),
        GivenNameMatching.COMPLETE_FIRST_GIVEN_NAME: ("Marie",),
        GivenNameMatching.ALL_GIVEN_NAMES: ("Louise", "Marie"),
        GivenNameMatching.IGNORE_GIVEN_NAMES: ("Zoë",),
    }
    for mode, names in ask.items():
        assert await found(harness, query("Lemmens", day, *names, given_name_matching=mode)) == [niss], mode
    for mode in (m for m in ask if m is not GivenNameMatching.IGNORE_GIVEN_NAMES):
        assert await found(harness, query("Lemmens", day, "Zoë", given_name_matching=mode)) == [], mode


async def test_person_with_several_records_is_found_once_with_the_best_score(
    harness: PersonHarness, day: str
):
    old, new = [await harness.person(an_identity(name, day)) for name in ("Dubois", "Duboys")]
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    (candidate,) = await harness.search.search(query("Dubois", day), 100)
    assert candidate.person == await harness.record(new)
    assert candidate.score == 1


async def test_more_candidates_than_requested_are_refused_not_truncated(harness: PersonHarness, day: str):
    for _ in range(4):
        await harness.person(an_identity("Quaghebeur", day))
    assert len(await found(harness, query("Quaghebeur", day), 4)) == 4
    with pytest.raises(Refused) as refused:
        await found(harness, query("Quaghebeur", day), 3)
    (violation,) = refused.value.violations
    assert (violation.reason, violation.values) == (Reason.TOO_MANY_RESULTS, {"limit": "3"})


async def test_more_records_than_are_scored_are_refused():
    class Crowd:
        async def find(self, probe: Probe | DayProbe, limit: int) -> tuple[Sequence[Findable], bool]:
            return (), True

        async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
            raise AssertionError("nobody is to be shown")

    with pytest.raises(Refused) as refused:
        await SearchPersons(Crowd()).search(query("Peeters", "1968-06-14"), 100)
    assert refused.value.violations[0].reason is Reason.TOO_MANY_RESULTS


LADDER = GivenNameMatching.LADDER


async def climbed(
    harness: PersonHarness, asked: PersonQuery, most: int = 100
) -> list[tuple[Niss, SearchStep]]:
    """The candidates of the ladder, with the step that found each."""
    candidates = await harness.search.search(replace(asked, given_name_matching=LADDER), most)
    return [(each.person.niss, each.step) for each in candidates if each.step is not None]


# The cases have last names of their own, so that none finds the persons of another.
@pytest.mark.parametrize(
    ("asked", "last_name", "first_name", "born", "step"),
    [
        ("Zonnebergen", "Zonneberghen", "Thomas", "03-05", SearchStep.DATE_AS_GIVEN),
        ("Rombaut", "Roxbaet", "Tom", "03-05", SearchStep.LAST_NAME_MISSPELLED),
        ("Claerbout", "Claerbout", "Zoë", "03-05", SearchStep.GIVEN_NAMES_IGNORED),
        ("Quintelier", "Quintelier", "Tom", "04-20", SearchStep.MONTH_NEAR),
        ("Ramboer", "Ramboer", "Tom", "05-03", SearchStep.DAY_AND_MONTH_SWAPPED),
        ("Sabbe", "Peeters", "Tom", "03-05", SearchStep.LAST_NAME_IGNORED),
        ("Hanghebosch", "Hanghebosch", "Tom", "12-24", SearchStep.DATE_IGNORED),
    ],
)
async def test_ladder_finds_a_person_and_names_the_step(
    harness: PersonHarness,
    day: str,
    asked: str,
    last_name: str,
    first_name: str,
    born: str,
    step: SearchStep,
):
    year = day[:4]
    niss = await harness.person(an_identity(last_name, f"{year}-{born}", first_name))
    assert await climbed(harness, query(asked, f"{year}-03-05", "Tom")) == [(niss, step)]


@pytest.mark.parametrize(
    ("last_name", "years", "step"),
    [("Hollevoet", 1, SearchStep.YEAR_NEAR), ("Dieryckx", 9, SearchStep.YEAR_FAR)],
)
async def test_ladder_finds_persons_born_in_other_years(
    harness: PersonHarness, day: str, last_name: str, years: int, step: SearchStep
):
    niss = await harness.person(an_identity(last_name, f"{int(day[:4]) - years}{day[4:]}", "Tom"))
    assert await climbed(harness, query(last_name, day, "Tom")) == [(niss, step)]


async def test_ladder_ends_at_the_first_convincing_candidate(harness: PersonHarness, day: str):
    exact = await harness.person(an_identity("Klinckaert", day, "Tom"))
    await harness.person(an_identity("Klinckaert", day, "Zoë"))
    await harness.person(an_identity("Klinckaert", f"{int(day[:4]) + 1}{day[4:]}", "Tom"))
    assert await climbed(harness, query("Klinckaert", day, "Tom")) == [(exact, SearchStep.DATE_AS_GIVEN)]


async def test_ladder_goes_on_after_doubtful_candidates_and_returns_all(harness: PersonHarness, day: str):
    sister = await harness.person(an_identity("Vroonhove", day, "Zoë"))
    later = await harness.person(an_identity("Vroonhove", f"{int(day[:4]) + 1}{day[4:]}", "Tom"))
    await harness.person(an_identity("Vroonhove", f"{int(day[:4]) + 5}{day[4:]}", "Tom"))
    assert await climbed(harness, query("Vroonhove", day, "Tom")) == [
        (later, SearchStep.YEAR_NEAR),
        (sister, SearchStep.GIVEN_NAMES_IGNORED),
    ]


async def test_ladder_finds_nobody_by_name_alone_when_many_match(harness: PersonHarness, day: str):
    for number in range(6):
        await harness.person(an_identity("Ottevaere", f"{1700 + number}-01-11", "Griet"))
    assert await climbed(harness, query("Ottevaere", day, "Griet")) == []
    assert len(await climbed(harness, query("Ottevaere", "1702-01-11", "Griet"))) == 1


async def test_ladder_refuses_more_candidates_than_requested(harness: PersonHarness, day: str):
    for _ in range(3):
        await harness.person(an_identity("Uytterhoeven", day, "Zoë"))
    assert len(await climbed(harness, query("Uytterhoeven", day, "Tom"), 3)) == 3
    with pytest.raises(Refused) as refused:
        await climbed(harness, query("Uytterhoeven", day, "Tom"), 2)
    assert refused.value.violations[0].reason is Reason.TOO_MANY_RESULTS


async def test_other_modes_name_no_step(harness: PersonHarness, day: str):
    await harness.person(an_identity("Wittevrongel", day))
    (candidate,) = await harness.search.search(query("Wittevrongel", day), 100)
    assert candidate.step is None


@pytest.mark.parametrize("mode", [GivenNameMatching.ALL_GIVEN_NAMES, LADDER])
async def test_names_select_among_the_persons_of_a_day_who_are_too_many(mode: GivenNameMatching):
    """A store that has too many persons of each day is asked by keys."""
    asked: list[type] = []

    class Crowded:
        async def find(self, probe: Probe | DayProbe, limit: int) -> tuple[Sequence[Findable], bool]:
            asked.append(type(probe))
            return (), isinstance(probe, DayProbe)

        async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
            raise AssertionError("nobody is to be shown")

    wanted = query("Peeters", "1968-06-11", "Tom", given_name_matching=mode)
    assert await SearchPersons(Crowded()).search(wanted, 100) == ()
    assert asked[:2] == [DayProbe, Probe]
    assert asked.count(Probe) >= asked.count(DayProbe)
