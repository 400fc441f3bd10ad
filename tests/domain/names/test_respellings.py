"""Letters that look alike, and Chinese syllables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.names.phonetics import Reach, probe_keys, search_keys
from raas.domain.names.respellings import optical_form, readings, wade_giles
from raas.domain.names.similarity import name_likeness

READ_ALIKE = [
    ("Bernard", "Bemard"),
    ("Hermans", "Herrnans"),
    ("Claes", "Daes"),
    ("Vandael", "Vanclael"),
    ("Wauters", "Vvauters"),
    ("De Clercq", "De Dercq"),
    ("Mertens", "Rnertens"),
    ("Cai", "Tsai"),
    ("Xu", "Hsu"),
    ("Zheng", "Cheng"),
    ("Zhang", "Chang"),
    ("Xiong", "Hsiung"),
    ("Guo", "Kuo"),
]


@pytest.mark.parametrize(("one", "other"), READ_ALIKE)
@pytest.mark.parametrize("reach", Reach)
def test_names_that_read_alike_are_alike_and_an_index_finds_them(one: str, other: str, reach: Reach):
    for known, typed in ((one, other), (other, one)):
        assert name_likeness(typed, known) == name_likeness(known, typed) >= 0.8
        assert not set(probe_keys(typed, (), reach)).isdisjoint(search_keys(known))


SYLLABLES = [
    ("cai", "tsai"),
    ("xu", "hsu"),
    ("qian", "chien"),
    ("he", "ho"),
    ("jue", "chueh"),
    ("peeters", None),
    ("qeng", None),
]


@pytest.mark.parametrize(("word", "wade"), SYLLABLES)
def test_wade_giles_of_syllables(word: str, wade: str | None):
    assert wade_giles(word) == wade


@given(st.text("rnmcldvwa", max_size=8))
def test_readings_change_the_word_and_can_be_read_back(word: str):
    for reading in readings(word):
        assert reading != word
        assert word in readings(reading)


def test_optical_form_is_the_same_for_both_readings():
    for one, other in (("bernard", "bemard"), ("claes", "daes"), ("wauters", "vvauters")):
        assert optical_form(one) == optical_form(other)
