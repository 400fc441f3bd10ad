"""The sentences are complete in every language, and every key that the code uses exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import raas
from raas.domain.errors import Reason
from raas.domain.sentences import DEFAULT_LANGUAGE, SENTENCES, choose_language, sentence

KEYS = SENTENCES[DEFAULT_LANGUAGE]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_languages_are_english_and_those_of_belgium():
    assert list(SENTENCES) == ["en", "fr", "nl", "de"]


@pytest.mark.parametrize("language", SENTENCES)
def test_every_language_has_the_same_keys_in_the_same_order_with_the_same_values(language):
    assert list(SENTENCES[language]) == list(KEYS)
    assert {key: placeholders(text) for key, text in SENTENCES[language].items()} == {
        key: placeholders(text) for key, text in KEYS.items()
    }


@pytest.mark.parametrize("language", SENTENCES)
def test_sentence_begins_with_a_capital_and_ends_with_a_full_stop(language):
    for key, text in SENTENCES[language].items():
        assert re.fullmatch(r"[0-9A-ZÀ-Ü][^\n]*[^\s]\.", text), key
        assert "  " not in text, key
        assert "'" not in text, key  # the typographic one is used throughout


def test_french_colons_and_semicolons_follow_a_no_break_space():
    for key, text in SENTENCES["fr"].items():
        assert re.search(r"(?<!\u00a0):(?! /)|(?<!\u202f);", text) is None, key


def test_german_sentence_after_a_colon_begins_with_a_capital():
    for key, text in SENTENCES["de"].items():
        assert re.search(r": [a-zäöü]", text) is None, key


def test_terms_are_the_same_in_every_sentence_of_a_language():
    """The terms of docs/glossary.md; other words for the same thing do not appear."""
    others = {
        "en": r"SSIN|INSZ|national number|unregister|answer",
        "fr": r"INSZ|numéro national|désinscri|valable|\bfichier\b",
        "nl": r"NISS|perioden|rijksregisternummer|\bgekend|Gelieve|uitgeschreven",
        "de": r"NISS|INSZ|Periode\b|Akte\b|Einschreibung",
    }
    for language, words in others.items():
        found = {key for key, text in SENTENCES[language].items() if re.search(words, text)}
        assert found == set(), language


def test_no_two_keys_have_the_same_sentence():
    for language, sentences in SENTENCES.items():
        assert len(set(sentences.values())) == len(sentences), language


def test_every_reason_has_a_sentence():
    assert [reason.name for reason in Reason if reason.name not in KEYS] == []


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Every call in the code, where it stands and what it calls."""
    root = Path(raas.__file__).parent
    for path in sorted(root.rglob("*.py")):
        if path.parent.name == "v1":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield f"{path.relative_to(root)}:{node.lineno}", node, node.func.id


def argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    if position < len(call.args):
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def constant(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_key_that_the_code_uses_exists():
    places = {"Violation": (2, "sentence"), "refuse": (2, "sentence"), "Invalid": (1, "sentence")}
    places |= {"_malformed": (0, "sentence"), "sentence": (0, "key")}
    asked = {
        where: key
        for where, call, name in calls()
        if name in places and (key := constant(argument(call, *places[name])))
    }
    assert len(asked) > 20
    assert {where: key for where, key in asked.items() if key not in KEYS} == {}


def test_every_refusal_provides_the_values_of_its_sentence():
    incomplete = {}
    for where, call, name in calls():
        reason = call.args[0] if name == "refuse" and call.args else None
        if not isinstance(reason, ast.Attribute) or any(keyword.arg is None for keyword in call.keywords):
            continue
        key = constant(argument(call, 2, "sentence")) or reason.attr
        given = {keyword.arg for keyword in call.keywords}
        if missing := placeholders(KEYS.get(key, "")) - given:
            incomplete[where] = missing
    assert incomplete == {}


def test_sentence_contains_its_values_and_ignores_others():
    assert sentence("TEXT_TOO_LONG", "nl", {"limit": "64", "violation_count": "1"}) == (
        "Deze tekst mag hoogstens 64 tekens tellen."
    )


def test_missing_value_is_shown_as_an_ellipsis():
    assert sentence("TEXT_TOO_LONG", "en", {}) == "This text may have at most … characters."


def test_braces_in_a_value_are_not_placeholders():
    assert sentence("MASK_PATH_UNKNOWN", "en", {"path": "{limit}"}).endswith(": {limit}.")


def test_unknown_key_raises_key_error():
    with pytest.raises(KeyError):
        sentence("NO_SUCH_KEY", "en", {})


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("NL", "nl"),
        ("fr-BE", "fr"),
        ("de-BE, nl;q=0.9", "de"),
        ("nl;q=0.5, fr;q=0.8", "fr"),
        ("nl, fr", "nl"),
        ("nl;q=0.8,fr;q=0.8", "nl"),
        ("es, it;q=0.9, de;q=0.1", "de"),
        ("es", "en"),
        ("es, *", "en"),
        ("*", "en"),
        ("*, en;q=0", "fr"),
        ("*;q=0.5, nl;q=0.7", "nl"),
        ("fr;q=0", "en"),
        ("fr;q=0, nl;q=0.1", "nl"),
        ("fr;q=0.000, *;q=0.001", "en"),
        ("en;q=0, fr;q=0, nl;q=0, de;q=0, *", "en"),
        (" fr-BE ; q=0.7 , nl ;Q=0.9", "nl"),
        ("fr;q=1.5, nl;q=0.1", "nl"),
        ("fr;q=abc, nl;q=0.1", "nl"),
        ("fr;level=1, nl;q=0.1", "nl"),
        ("fr;q=0.12345, nl;q=0.1", "nl"),
        ("fr;q=1.000", "fr"),
        (",,;;q=,=", "en"),
        ("french", "en"),
        ("fr_BE", "en"),
    ],
)
def test_language_is_chosen_from_accept_language(accept_language, language):
    assert choose_language(accept_language) == language
