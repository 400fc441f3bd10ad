"""Spellings of one name are alike, different names are not."""

from __future__ import annotations

from itertools import permutations

import pytest

from raas.domain.names.phonetics import probe_keys, search_keys
from raas.domain.names.similarity import name_likeness

ENOUGH = 0.75

ONE_NAME = [
    ("Vandenberghe", "Van den Berghe", "Van Den Bergh", "Vanden Berghe", "VANDENBERGHE"),
    ("Dupont", "Dupond"),
    ("El Khattabi", "Elkhatabi", "El-Khattaby", "Khattabi"),
    ("Müller", "Mueller", "Muller"),
    ("Çelik", "Celik", "Chelik"),
    ("Yılmaz", "Yilmaz"),
    ("Nguyễn", "Nguyen", "N'Guyen"),
    ("Ben Ali", "Benali", "Bin Ali"),
    ("O'Brien", "Obrien", "O Brien", "O’Brien"),
    ("De Smet", "Desmet", "De Smedt"),
    ("Janssens", "Jansens", "Jansen"),
    ("Peeters", "Peters"),
    ("D'Hondt", "Dhondt", "D Hondt"),
    ("Szymański", "Szymanski", "Shymanski"),
    ("Иванов", "Ivanov", "Iwanow", "Ivanoff"),
    ("Gonçalves", "Goncalves", "Gonsalves"),
    ("Lefèvre", "Lefebvre", "Le Fèvre"),
    ("Schmidt", "Schmitt"),
    ("Van Hoof", "Van Hove", "Vanhove"),
    ("Цветков", "Tsvetkov", "Cvetkov"),
    ("Hoxha", "Hodja"),
    ("Đorđević", "Djordjevic"),
    ("Tshibangu", "Tchibangu", "Shibangu"),
    ("Yusuf", "Youssef", "Joesoef"),
    ("Łukaszewicz", "Lukasevich"),
]


@pytest.mark.parametrize(
    ("one", "other"), [pair for names in ONE_NAME for pair in permutations(names, 2)], ids=str
)
def test_spellings_of_one_name_are_alike_and_an_index_finds_them(one: str, other: str):
    assert name_likeness(one, other) >= ENOUGH
    assert not set(probe_keys(other)).isdisjoint(search_keys(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Peeters", "Wouters"),
        ("Janssens", "Goossens"),
        ("Vandenberghe", "Vandenbroucke"),
        ("Van den Berghe", "Van den Broeck"),
        ("Van der Meulen", "Van der Linden"),
        ("De Smet", "De Vos"),
        ("El Amrani", "El Idrissi"),
        ("Ben Amar", "Ben Haddou"),
        ("Yılmaz", "Yıldız"),
        ("Kowalski", "Kamiński"),
        ("Nguyen", "Ngo"),
        ("Silva", "Sousa"),
        ("Simon", ""),
    ],
)
def test_another_name_is_not_alike(one: str, other: str):
    assert name_likeness(one, other) < 0.72
    assert name_likeness(other, one) < 0.72


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dupont-Lambert", "Dupont"),
        ("Dupont-Lambert", "Lambert Dupont"),
        ("Garcia Lopez", "García"),
        ("Vanderstraeten", "Vanderstra"),
        ("Mohamed Amine", "Mohamed"),
        ("Jean-Pierre", "Jeanpierre"),
        ("Anne", "A"),
        ("Louise Marie", "Marie Louise"),
    ],
)
def test_parts_beginnings_and_initials_are_alike(one: str, other: str):
    assert ENOUGH <= name_likeness(one, other) == name_likeness(other, one)


def test_likeness_decreases_with_differences():
    written = ("Declercq", "DE CLERCQ", "Declerck", "Leclerc", "Peeters")
    likeness = [name_likeness("De Clercq", name) for name in written]
    assert likeness[:2] == [1.0, 1.0]
    assert likeness == sorted(likeness, reverse=True)
    assert 1.0 > likeness[2] > likeness[3] > likeness[4]


def test_omitted_particle_is_ignored_and_joined_one_lowers_the_likeness():
    assert name_likeness("Van den Berghe", "Berghe") == 1.0
    assert ENOUGH < name_likeness("Elkhattabi", "Khattabi") < 1.0
