"""Dossier types: valid declarations, and the days on which an inscription may begin."""

from __future__ import annotations

import pytest

from raas.domain.calendar.age import Age
from raas.domain.calendar.day import parse_day
from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.dossier_type import DossierType, IdentityChanges, parse_dossier_type


def invalid(field: str, sentence: str, **values: str) -> Violation:
    return Violation(f"dossier_type.{field}", Reason.VALUE_INVALID, sentence, values)


def test_complete_declaration_is_accepted():
    assert parse_dossier_type(
        "dossier_type",
        "HEALTH_INSURANCE",
        {"fr": "Assurance maladie", "nl": "Ziekteverzekering", "de": "Krankenversicherung", "en": "Health"},
        "101",
        "0244640631",
        "2024-01-01",
        "2024-12-31",
        IdentityChanges.WHILE_INSCRIBED,
    ) == DossierType(
        "HEALTH_INSURANCE",
        {"fr": "Assurance maladie", "nl": "Ziekteverzekering", "de": "Krankenversicherung", "en": "Health"},
        "101",
        EnterpriseNumber(244640631),
        parse_day("2024-01-01"),
        parse_day("2024-12-31"),
        IdentityChanges.WHILE_INSCRIBED,
    )


def test_declaration_needs_a_code_only_and_defaults_to_while_known():
    assert parse_dossier_type("dossier_type", "A", {}) == DossierType(
        "A", {}, None, None, None, None, IdentityChanges.WHILE_KNOWN
    )


@pytest.mark.parametrize("code", ["A", "0", "a.b_c:d/e-f", "902", "x" * 64])
def test_valid_code_is_accepted(code):
    declared = parse_dossier_type("dossier_type", code, {})
    assert isinstance(declared, DossierType)
    assert declared.code == code


@pytest.mark.parametrize("code", [" A", "A ", "_A", "-", "A B", "É", "A\n", "x" * 65, "٣"])
def test_invalid_code_is_refused(code):
    assert parse_dossier_type("dossier_type", code, {}) == [invalid("code", "DOSSIER_TYPE_CODE_FORMAT")]


def test_missing_code_is_refused():
    assert parse_dossier_type("dossier_type", "", {}) == [Violation("dossier_type.code", Reason.REQUIRED)]


def test_validity_of_one_day_is_accepted():
    declared = parse_dossier_type(
        "dossier_type", "A", {}, active_from="2024-02-29", active_until="2024-02-29"
    )
    assert isinstance(declared, DossierType)


def test_labels_with_invisible_characters_are_refused():
    labels = {"fr": "Maladie\u2028", "nl": "\u202eZiekte"}
    assert parse_dossier_type("dossier_type", "A", labels) == [
        invalid("labels[fr]", "INVISIBLE_CHARACTERS"),
        invalid("labels[nl]", "INVISIBLE_CHARACTERS"),
    ]


def test_everything_wrong_is_said_at_once():
    assert parse_dossier_type(
        "dossier_type",
        "no code",
        {"fr": "", "nl": "x" * 257, "en": "two\nlines", "es": "Seguro"},
        "x" * 17,
        "0884303370",
        "2024-02-30",
        "9999-12-31",
    ) == [
        invalid("code", "DOSSIER_TYPE_CODE_FORMAT"),
        invalid("labels[en]", "CONTROL_CHARACTERS"),
        invalid("labels", "LABEL_LANGUAGE_UNKNOWN"),
        invalid("labels[fr]", "TEXT_EMPTY"),
        invalid("labels[nl]", "TEXT_TOO_LONG", limit="256"),
        invalid("quality_code", "TEXT_TOO_LONG", limit="16"),
        Violation(
            "dossier_type.partner", Reason.ENTERPRISE_NUMBER_MALFORMED, "ENTERPRISE_NUMBER_CHECK_DIGITS"
        ),
        invalid("active_from", "DAY_NOT_IN_CALENDAR"),
        invalid("active_until", "DAY_LAST"),
    ]


def test_validity_that_ends_before_it_begins_and_empty_texts_are_refused():
    assert parse_dossier_type(
        "dossier_type", "A", {}, "", "", active_from="2024-02-02", active_until="2024-02-01"
    ) == [
        invalid("quality_code", "TEXT_EMPTY"),
        Violation("dossier_type.partner", Reason.ENTERPRISE_NUMBER_MALFORMED, "ENTERPRISE_NUMBER_FORMAT"),
        invalid("active_until", "VALIDITY_END_BEFORE_BEGIN"),
    ]


@pytest.mark.parametrize(
    ("active_from", "active_until", "admitted"),
    [
        (None, None, [True, True, True, True]),
        ("2024-01-02", None, [False, True, True, True]),
        (None, "2024-01-03", [True, True, True, False]),
        ("2024-01-02", "2024-01-03", [False, True, True, False]),
    ],
)
def test_inscription_is_admitted_if_it_begins_within_the_validity(active_from, active_until, admitted):
    declared = parse_dossier_type("dossier_type", "A", {}, active_from=active_from, active_until=active_until)
    assert isinstance(declared, DossierType)
    begins = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]
    assert [declared.admits(parse_day(begin)) for begin in begins] == admitted


@pytest.mark.parametrize(
    ("active_from", "active_until", "sentence"),
    [
        ("2024-01-02", None, "DOSSIER_TYPE_CLOSED_BEFORE"),
        (None, "2024-01-03", "DOSSIER_TYPE_CLOSED_AFTER"),
        ("2024-01-02", "2024-01-03", "DOSSIER_TYPE_CLOSED_OUTSIDE"),
    ],
)
def test_refusal_of_a_closed_type_names_its_bounds(active_from, active_until, sentence):
    declared = parse_dossier_type("dossier_type", "A", {}, active_from=active_from, active_until=active_until)
    assert isinstance(declared, DossierType)
    bounds = {"active_from": active_from, "active_until": active_until}
    values = {name: text for name, text in bounds.items() if text}
    assert declared.closed("period.begin") == Violation(
        "period.begin", Reason.DOSSIER_TYPE_CLOSED, sentence, values
    )


def test_time_for_which_lines_are_kept_is_a_duration():
    declared = parse_dossier_type("dossier_type", "A", {}, keep_after_end="P10Y")
    assert isinstance(declared, DossierType)
    assert declared.keep_after_end == Age(months=120)
    assert parse_dossier_type("dossier_type", "A", {}, keep_after_end="10 years") == [
        invalid("keep_after_end", "DURATION_FORMAT")
    ]
