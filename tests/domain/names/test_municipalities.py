"""Names of one municipality are recognised, and those of others are not."""

from __future__ import annotations

import pytest

from raas.domain.names.municipalities import same_municipality


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gent", "GAND"),
        ("Bruxelles", "Brussel"),
        ("Brussels", "Brüssel"),
        ("Liège", "luik"),
        ("St-Gilles", "Sint-Gillis"),
        ("Braine-l’Alleud", "Eigenbrakel"),
        ("Bergen", "Mons"),
        ("Namur", "Namurr"),
        ("Oujda", "Oujda"),
    ],
)
def test_translations_and_misspellings_mean_the_same_municipality(one: str, other: str):
    assert same_municipality(one, other)
    assert same_municipality(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("Gent", "Genk"), ("Namur", "Mons"), ("Lier", "Luik"), ("-", "Gent")]
)
def test_different_municipalities_differ(one: str, other: str):
    assert not same_municipality(one, other)
    assert not same_municipality(other, one)
