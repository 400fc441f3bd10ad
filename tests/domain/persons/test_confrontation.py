"""Comparing claims with known identities: all spellings match, and the timing reveals nothing."""

from __future__ import annotations

import pytest

from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.names.spelling import comparable_forms
from raas.domain.persons import confrontation
from raas.domain.persons.confrontation import CLAIM_FIELDS, Verdict, confront, mismatches
from raas.domain.persons.identity import Identity, IdentityClaim, Sex

MATCH, MISMATCH, NOT_COMPARED = Verdict


def verdict(field: str, claimed: object, known: object) -> Verdict:
    claim = IdentityClaim(**{field: claimed})  # type: ignore[arg-type]
    ((named, answer),) = confront(claim, Identity(**{field: known}))  # type: ignore[arg-type]
    assert named == field
    return answer


@pytest.mark.parametrize(
    ("claimed", "known", "answer"),
    [
        ("VANDENBERGHE", "Van den Berghe", MATCH),
        ("Berghe", "Van den Berghe", MATCH),
        ("van-den-berghe", "Van den Berghe", MATCH),
        ("Dhondt", "D’Hondt", MATCH),
        ("Celik", "Çelik", MATCH),
        ("Mueller", "Müller", MATCH),
        ("Dupond", "Dupont", MISMATCH),
        ("Van den Bergh", "Van den Berghe", MISMATCH),
        ("Peeters", None, NOT_COMPARED),
    ],
)
def test_last_names(claimed: str, known: str | None, answer: Verdict):
    assert verdict("last_name", claimed, known) is answer


@pytest.mark.parametrize(
    ("claimed", "known", "answer"),
    [
        (("jan", "PIET"), ("Piet", "Jan"), MATCH),
        (("Jan",), ("Piet", "Jan"), MATCH),
        (("Jan", "Joris"), ("Piet", "Jan"), MISMATCH),
        (("Jan", "Jan"), ("Jan",), MISMATCH),
        (("Zoe",), ("Zoë",), MATCH),
        (("Jean Pierre",), ("Jean-Pierre",), MATCH),
        (("Jean", "Pierre"), ("Jean-Pierre",), MATCH),
        (("Jean-Pierre",), ("Jean", "Pierre"), MATCH),
        (("Jan",), ("Johan",), MISMATCH),
        (("Jan",), (), NOT_COMPARED),
        (("?",), ("Jan",), MISMATCH),
    ],
)
def test_first_names(claimed: tuple[str, ...], known: tuple[str, ...], answer: Verdict):
    assert verdict("first_names", claimed, known) is answer


@pytest.mark.parametrize(
    ("claimed", "known", "answer"),
    [
        ("1968-06-14", "1968-06-14", MATCH),
        ("1968-06-00", "1968-06-14", MATCH),
        ("1968-00-00", "1968-06-14", MATCH),
        ("1968-06-14", "1968-06-00", MATCH),
        ("1968-06-14", "1968-06-15", MISMATCH),
        ("1968-07-00", "1968-06-14", MISMATCH),
        ("1969-00-00", "1968-06-00", MISMATCH),
        ("1968-06-14", None, NOT_COMPARED),
    ],
)
def test_birth_dates(claimed: str, known: str | None, answer: Verdict):
    known_date = parse_incomplete_date(known) if known else None
    assert verdict("birth_date", parse_incomplete_date(claimed), known_date) is answer


@pytest.mark.parametrize(
    ("claimed", "known", "answer"),
    [
        (Sex.FEMALE, Sex.FEMALE, MATCH),
        (Sex.FEMALE, Sex.MALE, MISMATCH),
        (Sex.FEMALE, Sex.UNKNOWN, NOT_COMPARED),
        (Sex.FEMALE, None, NOT_COMPARED),
    ],
)
def test_sexes(claimed: Sex, known: Sex | None, answer: Verdict):
    assert verdict("sex", claimed, known) is answer


def test_verdicts_cover_the_claimed_fields_in_order():
    known = Identity("Peeters", ("Jan",), parse_incomplete_date("1968-06-14"), Sex.MALE)
    assert confront(IdentityClaim(), known) == ()
    assert confront(IdentityClaim(sex=Sex.UNKNOWN), known) == ()
    claim = IdentityClaim("Janssens", ("Jan",), parse_incomplete_date("1970-00-00"), Sex.MALE)
    assert confront(claim, known) == tuple(zip(CLAIM_FIELDS, (MISMATCH, MATCH, MISMATCH, MATCH), strict=True))
    assert mismatches(claim, known) == ("last_name", "birth_date")
    assert mismatches(claim, Identity()) == ()


@pytest.mark.parametrize("last_name", ["Peeters", "Janssens", None])
@pytest.mark.parametrize("claimed", ["Peeters", "Vermeulen"])
def test_known_and_unknown_fields_take_the_same_work(
    monkeypatch: pytest.MonkeyPatch, last_name: str | None, claimed: str
):
    """The same number of names is normalised for equal, different and unknown names."""
    taken_apart: list[str] = []

    def counting(name: str) -> frozenset[str]:
        taken_apart.append(name)
        return comparable_forms(name)

    monkeypatch.setattr(confrontation, "_forms", counting)
    confront(IdentityClaim(claimed, ("Jan",)), Identity(last_name, ("Piet",) if last_name else ()))
    assert len(taken_apart) == 4


def test_confrontation_bypasses_the_cache_of_names():
    comparable_forms.cache_clear()
    confront(IdentityClaim("Peeters", ("Jan",)), Identity("Peeters", ("Jan",)))
    assert comparable_forms.cache_info().currsize == 0
