"""Filters and criteria of requests as the audit keeps them: JSON, without numbers of persons."""

from __future__ import annotations

from collections.abc import Iterable

from raas.domain.calendar.day import day_text, period_text
from raas.domain.calendar.periods import Period
from raas.domain.json_value import Json, JsonObject
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import MutationKind
from raas.domain.rights.view import RegisterView
from raas.domain.search.person_search import PersonQuery
from raas.usecases.feed.list_mutations import MutationQuery
from raas.usecases.feed.start_position import SubscribeRequest
from raas.usecases.persons.read import CheckedPerson
from raas.usecases.ports.read_store import DossierFilter


def dossier_filter_json(which: DossierFilter, view: RegisterView) -> JsonObject:
    """The conditions of Export; the numbers are recorded apart."""
    form = _types(which.dossier_types, view)
    if which.active_on is not None:
        form["active_on"] = day_text(which.active_on)
    if which.overlaps is not None:
        form["overlaps"] = _period(which.overlaps)
    if which.ends_between is not None:
        form["ends_between"] = _period(which.ends_between)
    return form


def mutation_filter_json(asked: SubscribeRequest | MutationQuery, view: RegisterView) -> JsonObject:
    """The conditions of Subscribe and ListMutations; the number is recorded apart."""
    form = _types(asked.dossier_types, view)
    if asked.kinds:
        form["kinds"] = [MutationKind(kind).name for kind in sorted(asked.kinds)]
    if isinstance(asked, SubscribeRequest) and asked.subscriber is not None:
        form["subscriber"] = asked.subscriber
    return form


def query_json(query: PersonQuery) -> JsonObject:
    """The criteria of SearchPersons."""
    year, month, day = query.birth_date
    form: dict[str, Json] = {
        "last_name": query.last_name,
        "birth_date": f"{year or 0:04}-{month or 0:02}-{day or 0:02}",
        "birth_date_tolerance": query.tolerance,
        "first_names": list(query.first_names),
        "given_name_matching": query.given_name_matching.name,
    }
    if query.sex is not None:
        form["sex"] = query.sex.name
    if query.municipality is not None:
        form["municipality"] = query.municipality
    return form


def numbers_shown(checked: CheckedPerson) -> Iterable[Niss]:
    """The numbers that the result of a check shows."""
    if checked.state is not None and checked.state.successor is not None:
        return (*checked.former, checked.state.successor)
    return checked.former


def _types(codes: Iterable[str], view: RegisterView) -> dict[str, Json]:
    """The types asked for, and those that the caller sees where these are not all."""
    form: dict[str, Json] = {}
    if asked := sorted(codes):
        form["dossier_types"] = asked
    if view.dossier_types is not None:
        form["visible_types"] = sorted(view.dossier_types)
    return form


def _period(period: Period) -> JsonObject:
    begin, end = period_text(period)
    return {"begin": begin} if end is None else {"begin": begin, "end": end}
