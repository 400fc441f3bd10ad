"""The steps by which a clerk searches for a person whom the data as given do not find.

Each step changes one thing about the question. The walk ends at the first step that finds somebody. The
scores of a step lie between the threshold and the ceiling of the step: the more a step changes, the less its
candidates are worth, however similar the rest is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.names.given_name_signature import signature_probe
from raas.domain.names.phonetics import Reach, probe_keys, search_keys
from raas.domain.names.similarity import name_likeness, two_slips_likeness
from raas.domain.persons.identity import Identity
from raas.domain.search.birth_slips import (
    FAR_YEARS,
    day_and_month_swapped,
    same_day_of_far_years,
    same_day_of_near_years,
    same_day_of_other_months,
)
from raas.domain.search.birth_window import BirthCodes, birth_code
from raas.domain.search.person_search import THRESHOLD, DayProbe, GivenNameMatching, PersonQuery, Probe
from raas.domain.search.scoring import fits_filters, given_score, in_scope, names_score, score, with_letters


class SearchStep(Enum):
    """A step of the ladder; names and values equal those of the proto enum."""

    DATE_AS_GIVEN = 1
    LAST_NAME_MISSPELLED = 2
    GIVEN_NAMES_IGNORED = 3
    MONTH_NEAR = 4
    DAY_AND_MONTH_SWAPPED = 5
    YEAR_NEAR = 6
    YEAR_FAR = 7
    LAST_NAME_IGNORED = 8
    DATE_IGNORED = 9


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: where the index is asked, and how a person is scored.

    `probes` are asked together. A step with `at_most` finds nobody when more persons match: then the data
    that it compares say too little. The walk does not end at a step that may not be the last one.
    """

    step: SearchStep
    probes: tuple[Probe | DayProbe, ...]
    score: Callable[[Identity], float]
    at_most: int | None = None
    may_be_last: bool = True


_CEILING = {
    SearchStep.DATE_AS_GIVEN: 1.0,
    SearchStep.LAST_NAME_MISSPELLED: 0.85,
    SearchStep.GIVEN_NAMES_IGNORED: 0.86,
    SearchStep.MONTH_NEAR: 0.95,
    SearchStep.DAY_AND_MONTH_SWAPPED: 0.95,
    SearchStep.YEAR_NEAR: 0.94,
    SearchStep.YEAR_FAR: 0.92,
    SearchStep.LAST_NAME_IGNORED: 0.83,
    SearchStep.DATE_IGNORED: 0.82,
}
"""The highest score of each step."""

CONVINCING = 0.87
"""The score from which a candidate ends the walk; no step that ignores a name reaches it."""

_FEW = 5
"""The most persons that a step without last name, or without date, may find."""

_SURE_NAMES = 0.94
"""Names that are the same but for the spelling: demanded where no part of the date needs to agree."""

_NEAR_NAMES = 0.86
"""Names with one slip: demanded where the month may be another and the day agrees in nothing."""

_LEAST_NAMES = 0.75
_SAME_GIVEN_NAMES = 0.84
_SWAPPED = 0.95


def ladder(query: PersonQuery) -> Iterator[Rung]:
    """The steps for a query, in order; those that do not apply are left out.

    A step with another birth date needs a date with the part that it changes. The tolerance of the query
    applies to the steps with the date as given.
    """
    asked = replace(query, given_name_matching=GivenNameMatching.ALL_GIVEN_NAMES)
    day, named = asked.day_probe(), bool(query.first_names)
    as_given: tuple[Probe | DayProbe, ...] = (asked.probe(with_forms=True) if day is None else day,)
    yield Rung(SearchStep.DATE_AS_GIVEN, as_given, partial(score, asked))
    if named:
        yield Rung(SearchStep.LAST_NAME_MISSPELLED, as_given, partial(_misspelled, asked))
        ignored = replace(query, given_name_matching=GivenNameMatching.IGNORE_GIVEN_NAMES)
        all_names = as_given if day else (ignored.probe(),)
        yield Rung(SearchStep.GIVEN_NAMES_IGNORED, all_names, partial(_given_names_ignored, ignored))
    yield from _other_dates(asked)
    if named and day is not None:
        yield Rung(SearchStep.LAST_NAME_IGNORED, as_given, partial(_last_name_ignored, asked), _FEW)
    if named:
        yield Rung(SearchStep.DATE_IGNORED, (_anytime(asked),), partial(_date_ignored, asked), _FEW)


def _other_dates(asked: PersonQuery) -> Iterator[Rung]:
    year, month, day = asked.birth_date
    assert year is not None
    swapped = day_and_month_swapped(asked.birth_date)
    if month is not None:
        near = replace(asked, birth_date=IncompleteDate(year, month, None), tolerance=1)
        days = _days(asked, same_day_of_other_months(asked.birth_date))
        # Namesakes are as frequent in the months around as a date is typed with day and month swapped.
        yield Rung(
            SearchStep.MONTH_NEAR,
            (near.probe(with_forms=True), *days),
            partial(_month_near, asked, near),
            may_be_last=swapped is None,
        )
    if swapped is not None:
        turned = replace(asked, birth_date=swapped, tolerance=0)
        born = turned.day_probe()
        assert born is not None
        yield Rung(SearchStep.DAY_AND_MONTH_SWAPPED, (born,), partial(_same_person, turned))
    for step, same_day, tolerance in (
        (SearchStep.YEAR_NEAR, same_day_of_near_years, 1),
        (SearchStep.YEAR_FAR, same_day_of_far_years, FAR_YEARS),
    ):
        if day is not None:
            # Nobody is born on 29 February of the years around.
            for born_on in _days(asked, same_day(asked.birth_date)):
                yield Rung(step, (born_on,), partial(_year_differs, step, asked, born_on.codes.__contains__))
        else:
            wide = replace(asked, birth_date=IncompleteDate(year, None, None), tolerance=tolerance)
            yield Rung(
                step,
                (wide.probe(with_forms=True),),
                partial(_year_differs, step, asked, wide.window().admits),
            )


def _days(asked: PersonQuery, days: Iterable[IncompleteDate]) -> tuple[DayProbe, ...]:
    """A query for those born on these days, or in their months on a day that is not known."""
    bits = asked.given_bits()
    codes = sorted({birth_code(each) for day in days for each in (day, day._replace(day=None))})
    if not codes:
        return ()

    def by_names() -> Probe:
        keys = probe_keys(asked.last_name, asked.first_names, Reach.NEAR)
        return Probe(dict.fromkeys(keys, 0), BirthCodes(1, 0, tuple(codes)))

    return (DayProbe(dict.fromkeys(codes, bits), by_names),)


def _anytime(query: PersonQuery) -> Probe:
    """The persons whose names have the same sounds, whenever they were born."""
    keys = dict.fromkeys(search_keys(query.last_name), signature_probe(query.first_names, with_forms=True))
    query.admit_swapped_names(keys)
    return Probe(keys, BirthCodes(1, 99_991_231, ()))


def _scaled(step: SearchStep, quality: float) -> float:
    return THRESHOLD + (_CEILING[step] - THRESHOLD) * min(max(quality, 0.0), 1.0)


def _quality(names: float) -> float:
    return (names - _LEAST_NAMES) / (1 - _LEAST_NAMES)


def _misspelled(query: PersonQuery, person: Identity) -> float:
    """Two slips in the last name, and everything else right."""
    if not in_scope(query, person):
        return 0.0
    given = given_score(query, person)
    last = two_slips_likeness(query.last_name, person.last_name or "")
    if not last or given < _SAME_GIVEN_NAMES:
        return 0.0
    return _scaled(SearchStep.LAST_NAME_MISSPELLED, (last + given) / 2)


def _given_names_ignored(query: PersonQuery, person: Identity) -> float:
    if not in_scope(query, person):
        return 0.0
    assert person.last_name is not None
    last = max(
        name_likeness(query.last_name, person.last_name),
        # First and last name swapped, and another first name.
        _SWAPPED * name_likeness(" ".join(query.first_names), person.last_name),
    )
    if last < _LEAST_NAMES:
        return 0.0
    return _scaled(SearchStep.GIVEN_NAMES_IGNORED, _quality(last) * (0.4 + 0.6 * given_score(query, person)))


def _month_near(asked: PersonQuery, near: PersonQuery, person: Identity) -> float:
    """Any day of the months around, or the same day of any month; the latter demands less of the names."""
    if not fits_filters(asked, person):
        return 0.0
    day = asked.birth_date.day
    same_day = day is not None and _agree(asked, person, 0) and _agree(asked, person, 2)
    if not (same_day or in_scope(near, person)):
        return 0.0
    names = names_score(asked, person)
    if names < (_LEAST_NAMES if same_day else _NEAR_NAMES):
        return 0.0
    return _scaled(SearchStep.MONTH_NEAR, _quality(names) * (1.0 if same_day else 0.4))


def _same_person(turned: PersonQuery, person: Identity) -> float:
    fit = score(turned, person)
    return _scaled(SearchStep.DAY_AND_MONTH_SWAPPED, _quality(fit)) if fit >= THRESHOLD else 0.0


def _year_differs(
    step: SearchStep, asked: PersonQuery, may_be_born: Callable[[int], bool], person: Identity
) -> float:
    if not fits_filters(asked, person):
        return 0.0
    assert person.birth_date is not None
    if not (
        _agree(asked, person, 1) and _agree(asked, person, 2) and may_be_born(birth_code(person.birth_date))
    ):
        return 0.0
    if asked.first_names and not with_letters(person.first_names):
        return 0.0
    names = names_score(asked, person)
    return _scaled(step, _quality(names)) if names >= _LEAST_NAMES else 0.0


def _last_name_ignored(query: PersonQuery, person: Identity) -> float:
    if not in_scope(query, person):
        return 0.0
    given = given_score(query, person)
    if person.first_names:
        given = max(given, _SWAPPED * name_likeness(query.last_name, " ".join(person.first_names)))
    return _scaled(SearchStep.LAST_NAME_IGNORED, given) if given >= _SAME_GIVEN_NAMES else 0.0


def _date_ignored(query: PersonQuery, person: Identity) -> float:
    if not fits_filters(query, person) or not with_letters(person.first_names):
        return 0.0
    names = names_score(query, person)
    return _scaled(SearchStep.DATE_IGNORED, _quality(names)) if names >= _SURE_NAMES else 0.0


def _agree(query: PersonQuery, person: Identity, part: int) -> bool:
    """Whether the years (part 0), months (1) or days (2) of birth may be the same."""
    assert person.birth_date is not None
    one, other = query.birth_date[part], person.birth_date[part]
    return one is None or other is None or one == other
