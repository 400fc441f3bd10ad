"""Selection and score of candidates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.names.given_name_signature import given_signature
from raas.domain.names.phonetics import search_keys
from raas.domain.persons.identity import Address, Identity, Sex
from raas.domain.search.person_search import THRESHOLD, GivenNameMatching, PersonQuery
from raas.domain.search.scoring import score

FIRST_LETTER, FIRST, ALL, IGNORE, LADDER = GivenNameMatching
BORN = "1985-07-30"


def person(last_name: str, *first_names: str, born: str = BORN, **more: object) -> Identity:
    identity = Identity(last_name, first_names, parse_incomplete_date(born))
    return replace(identity, **more)  # type: ignore[arg-type]


def query(last_name: str, *first_names: str, born: str = BORN, **more: object) -> PersonQuery:
    asked = PersonQuery(last_name, parse_incomplete_date(born), first_names=first_names)
    return replace(asked, **more)  # type: ignore[arg-type]


def found(asked: PersonQuery, known: Identity) -> bool:
    return score(asked, known) >= THRESHOLD


def test_same_person_scores_one_and_less_similar_ones_less():
    asked = query("Declercq", "Anne", "Sofie")
    known = [
        person("DE CLERCQ", "Sofie", "Anne"),
        person("Declerck", "Anne", "Sofie"),
        person("Leclerc", "Anne", "Sofie"),
        person("Peeters", "Anne", "Sofie"),
    ]
    scores = [score(asked, each) for each in known]
    assert scores[0] == 1.0
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == 0.0


@pytest.mark.parametrize(
    ("mode", "asked", "known", "fits"),
    [
        (ALL, ("Marie",), ("Marie", "Louise"), True),
        (ALL, ("Louise", "Marie"), ("Marie", "Louise"), True),
        (ALL, ("Marie", "Karin"), ("Marie", "Louise"), False),
        (ALL, ("Mohamed",), ("Mohammed", "Amine"), True),
        (ALL, ("Jean Pierre",), ("Jean-Pierre",), True),
        (ALL, ("J.",), ("Jan",), True),
        (ALL, ("Jan",), ("J.",), True),
        (ALL, ("Zoë",), ("Marie",), False),
        (ALL, ("-",), ("Marie",), True),
        (ALL, ("Marie",), ("-",), True),
        (ALL, ("Marie",), (), True),
        (ALL, (), ("Marie",), True),
        (FIRST, ("Marie", "Karin"), ("Marie", "Louise"), True),
        (FIRST, ("Louise",), ("Marie", "Louise"), False),
        (FIRST_LETTER, ("Mia",), ("Marie", "Louise"), True),
        (FIRST_LETTER, ("Louise",), ("Marie", "Louise"), False),
        (FIRST_LETTER, ("Élise",), ("Emma",), True),
        (IGNORE, ("Zoë",), ("Marie",), True),
    ],
)
def test_given_names_as_asked(
    mode: GivenNameMatching, asked: tuple[str, ...], known: tuple[str, ...], fits: bool
):
    assert found(query("Wouters", *asked, given_name_matching=mode), person("Wouters", *known)) is fits


@pytest.mark.parametrize("mode", GivenNameMatching)
@pytest.mark.parametrize("typed", ["El Khattabi", "Elkhatabi", "EL KHATABI"])
def test_swapped_names_match_in_every_mode_and_spelling(mode: GivenNameMatching, typed: str):
    asked = query("Mohamed", typed, given_name_matching=mode)
    known = person("El Khattabi", "Mohammed", "Amine")
    assert found(asked, known)
    assert score(asked, known) < score(query(typed, "Mohamed", given_name_matching=ALL), known)


def test_swapped_names_must_both_match():
    assert not found(query("Mohamed", "Peeters"), person("El Khattabi", "Mohamed"))
    assert not found(query("Karim", "El Khattabi"), person("El Khattabi", "Mohamed"))


@pytest.mark.parametrize(
    ("asked", "tolerance", "known", "fits"),
    [
        ("1985-07-30", 0, "1985-07-30", True),
        ("1985-07-30", 0, "1985-07-31", False),
        ("1985-07-30", 1, "1985-07-31", True),
        ("1985-07-03", 27, "1985-07-30", True),
        ("1985-07-03", 26, "1985-07-30", False),
        ("1986-07-30", 365, "1985-07-30", True),
        ("1985-07-30", 0, "1985-07-00", True),
        ("1985-07-30", 0, "1985-00-00", True),
        ("1985-06-00", 1, "1985-07-30", True),
        ("1985-05-00", 1, "1985-07-30", False),
        ("1987-00-00", 2, "1985-07-30", True),
        ("1987-00-00", 1, "1985-07-30", False),
    ],
)
def test_tolerance_is_in_the_unit_of_the_date(asked: str, tolerance: int, known: str, fits: bool):
    wanted = query("Wouters", "Anne", born=asked, tolerance=tolerance)
    assert found(wanted, person("Wouters", "Anne", born=known)) is fits


def test_nearer_birth_date_scores_higher():
    asked = query("Wouters", "Anne", tolerance=400)
    days = ("1985-07-30", "1985-07-00", "1985-07-31", "1985-08-12")
    scores = [score(asked, person("Wouters", "Anne", born=day)) for day in days]
    assert scores == sorted(set(scores), reverse=True)


@pytest.mark.parametrize(
    ("asked", "known", "fits"),
    [
        ({"sex": Sex.FEMALE}, {"sex": Sex.FEMALE}, True),
        ({"sex": Sex.FEMALE}, {"sex": Sex.MALE}, False),
        ({"sex": Sex.FEMALE}, {"sex": None}, True),
        ({"sex": Sex.UNKNOWN}, {"sex": Sex.MALE}, True),
        ({"municipality": "Gand"}, {"address": Address("BE", "Gent")}, True),
        ({"municipality": "Saint-Gilles"}, {"address": Address("BE", "SINT-GILLIS")}, True),
        ({"municipality": "Namurr"}, {"address": Address("BE", "Namur")}, True),
        ({"municipality": "Genk"}, {"address": Address("BE", "Gent")}, False),
        ({"municipality": "Mons"}, {"address": Address("BE", "Namur")}, False),
        ({"municipality": "Mons"}, {"address": Address("BE")}, True),
        ({"municipality": "Mons"}, {}, True),
    ],
)
def test_sex_and_municipality_exclude_known_differences_only(
    asked: dict[str, object], known: dict[str, object], fits: bool
):
    assert found(query("Wouters", "Anne", **asked), person("Wouters", "Anne", **known)) is fits


@pytest.mark.parametrize("tolerance", [0, 20, 40, 300, 800])
@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (("Wouters", "Anne"), ("Wouters", "Anne")),
        (("Wouters", "Pieter"), ("Wauters", "Peter", "Jan")),
        (("Wouters", "Piter"), ("Wouters", "Pieter")),
        (("Wouters", "J."), ("Wouters", "Jan")),
        (("Wouters", "Jan"), ("Wouters", "J.")),
        (("Wouters", "Jan"), ("Wouters",)),
        (("Wouters",), ("Wouters", "Jan")),
        (("Mohamed", "El Khattabi"), ("El Khattabi", "Mohammed")),
        (("Đorđević", "Šime"), ("Djordjevic", "Sime")),
    ],
)
def test_probe_finds_matching_persons_in_windows_of_any_length(
    asked: tuple[str, ...], known: tuple[str, ...], tolerance: int
):
    wanted, identity = query(*asked, tolerance=tolerance), person(*known)
    assert found(wanted, identity)
    assert finds(wanted, identity)


def finds(wanted: PersonQuery, identity: Identity) -> bool:
    """The lookup of the store's index."""
    keys, signature = wanted.probe().keys, given_signature(identity.first_names)
    found_under = [key for key in search_keys(identity.last_name or "") if key in keys]
    return any(not keys[key] or signature & keys[key] for key in found_under)


def test_probe_of_a_wide_window_excludes_other_given_names():
    other = person("Wouters", "Sofie")
    assert finds(query("Wouters", "Pieter", tolerance=20), other)
    assert not finds(query("Wouters", "Pieter", tolerance=300), other)
    assert finds(query("Wouters", "Pieter", tolerance=300, given_name_matching=IGNORE), other)
    assert finds(query("Wouters", "Pieter", tolerance=300, given_name_matching=FIRST_LETTER), other)
    second = person("Wouters", "Jan", "Sofie")
    assert finds(query("Wouters", "Jan", "Karel", tolerance=300, given_name_matching=FIRST), second)
