"""The sentences: whole in every language, and every one that the code asks for is there."""

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


def test_the_languages_are_those_of_the_country_and_english():
    assert list(SENTENCES) == ["en", "fr", "nl", "de"]


@pytest.mark.parametrize("language", SENTENCES)
def test_every_language_has_the_same_sentences_in_the_same_order_with_the_same_values(language):
    assert list(SENTENCES[language]) == list(KEYS)
    assert {key: placeholders(text) for key, text in SENTENCES[language].items()} == {
        key: placeholders(text) for key, text in KEYS.items()
    }


@pytest.mark.parametrize("language", SENTENCES)
def test_sentences_are_sentences(language):
    for key, text in SENTENCES[language].items():
        assert re.fullmatch(r"[0-9A-ZÀ-Ü][^\n]*[^\s]\.", text), key
        assert "  " not in text, key
        assert "'" not in text, key  # the typographic one is used throughout


def test_no_two_causes_are_told_alike():
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


def test_every_sentence_that_the_code_asks_for_exists():
    places = {"Violation": (2, "sentence"), "refuse": (2, "sentence"), "Invalid": (1, "sentence")}
    places |= {"_malformed": (0, "sentence"), "sentence": (0, "key")}
    asked = {
        where: key
        for where, call, name in calls()
        if name in places and (key := constant(argument(call, *places[name])))
    }
    assert len(asked) > 20
    assert {where: key for where, key in asked.items() if key not in KEYS} == {}


def test_every_refusal_carries_the_values_of_its_sentence():
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


def test_values_take_their_places_and_others_are_ignored():
    assert sentence("TEXT_TOO_LONG", "nl", {"limit": "64", "violation_count": "1"}) == (
        "Deze tekst mag hoogstens 64 tekens tellen."
    )


def test_a_value_that_was_not_given_shows_as_a_hole():
    assert sentence("TEXT_TOO_LONG", "en", {}) == "This text may have at most … characters."


def test_braces_in_a_value_are_only_text():
    assert sentence("MASK_PATH_UNKNOWN", "en", {"path": "{limit}"}).endswith(": {limit}.")


def test_a_key_that_does_not_exist_is_a_fault():
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
def test_the_language_follows_the_wishes_of_the_caller(accept_language, language):
    assert choose_language(accept_language) == language
