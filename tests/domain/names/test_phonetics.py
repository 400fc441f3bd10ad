"""Phonetic keys: few for a person, more for a query, and a bounded number of both."""

from __future__ import annotations

import pytest

from raas.domain.names.phonetics import KEY_LENGTH, Reach, probe_keys, search_keys, stem, without_van


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Van den Berghe", ["FNTN", "PRK"]),
        ("Vandenberghe", ["FNTN", "PRK"]),
        ("Çelik", ["SLK"]),
        ("Celik", ["SLK"]),
        ("Đorđević", ["ARJF", "JRJF", "TRTF"]),
        ("2", ["2"]),
        ("李", ["L"]),
        ("-", []),
    ],
)
def test_search_keys_of_names(name: str, keys: list[str]):
    assert search_keys(name) == keys


def test_longer_reach_includes_the_keys_of_a_shorter_one():
    for last_name in ("Peeters", "El Khattabi", "Dupont-Lambert", "Nguyễn", "Vandenberghe"):
        far, near, wide = (set(probe_keys(last_name, ("Anne", "Sofie"), reach)) for reach in Reach)
        assert wide < near < far
        assert len(wide) <= 60 < len(far) <= 800
        assert all(0 < len(key) <= KEY_LENGTH for key in far)


def test_wide_reach_probes_joined_van_names_by_their_rest():
    assert "FNTN" not in probe_keys("Vandenberghe", (), Reach.EXACT)
    assert "PRK" in probe_keys("Vandenberghe", (), Reach.EXACT)


@pytest.mark.parametrize(
    ("asked", "first_name", "known"),
    [("Mohamed", "Elkhatabi", "El Khattabi"), ("Anne", "Wauters", "Wouters")],
)
def test_probe_includes_swapped_names(asked: str, first_name: str, known: str):
    assert not set(search_keys(known)).isdisjoint(probe_keys(asked, (first_name,)))
    assert set(search_keys(known)).isdisjoint(probe_keys(asked, ()))


@pytest.mark.parametrize(
    "slip", ["Wauters", "Wouers", "Wuoters", "Woutters", "Woulters", "Wouterrs", "Outers"]
)
def test_probe_finds_names_with_one_misspelling(slip: str):
    assert not set(search_keys("Wouters")).isdisjoint(probe_keys(slip))


def test_joined_particles_are_split_off():
    assert (stem("elkhattabi"), stem("lemaire"), stem("vanhoof"), stem("lapin")) == (
        "khattabi",
        "maire",
        "hoof",
        "lapin",
    )
    assert (without_van("vandenberghe"), without_van("lemaire")) == ("berghe", "lemaire")
