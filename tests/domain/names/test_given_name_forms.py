"""Forms of one given name."""

from __future__ import annotations

from importlib.resources import files

import pytest

from raas.domain.names.given_name_forms import are_forms, given_name_forms
from raas.domain.names.given_name_signature import given_signature, signature_probe
from raas.domain.names.similarity import given_names_likeness, name_likeness
from raas.domain.names.spelling import words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tom", "Thomas"),
        ("MOHD", "Mohammed"),
        ("Serhii", "Sergey"),
        ("Wojtek", "Wojciech"),
        ("Alex", "Alexander"),
        ("Alex", "Alexandra"),
        ("Małgosia", "Małgorzata"),
        ("Hüseyin", "Hussein"),
        ("Сергій", "Serhii"),
        ("Bill", "William"),
    ],
)
def test_forms_are_alike_and_the_signature_admits_them(one: str, other: str):
    for asked, known in ((one, other), (other, one)):
        assert given_names_likeness((asked,), (known,)) >= 0.85
        assert signature_probe([asked], with_forms=True) & given_signature([known])
    assert given_names_likeness((one, "Jan"), (other,)) >= 0.75


@pytest.mark.parametrize(
    ("one", "other"),
    [("Alexander", "Alexandra"), ("Tom", "Tim"), ("Sofie", "Anne"), ("Xyzzy", "Thomas"), ("", "Tom")],
)
def test_other_names_are_no_forms(one: str, other: str):
    assert not are_forms(one, other)
    assert not are_forms(other, one)


def test_relation_is_symmetric_and_never_of_a_name_with_itself():
    for name in given_name_forms("Thomas") | given_name_forms("Sasha"):
        assert are_forms(name, "Thomas") or are_forms(name, "Sasha")
        assert name not in given_name_forms(name)


def test_last_names_have_no_forms():
    assert name_likeness("Wojtek", "Wojciech") < 0.8


def test_every_line_of_the_list_has_two_names_with_letters():
    lines = files("raas.data").joinpath("given_name_forms.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        names = [] if line.startswith("#") else line.split("|")
        assert all(words(name) for name in names), line
        assert len(names) != 1, line
