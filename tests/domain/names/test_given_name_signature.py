"""Signatures exclude many persons, and never a match."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest

from raas.data import load_names
from raas.domain.names.given_name_signature import ANYBODY, given_signature, signature_probe


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pair
        for names in (
            ("Mohamed", "Mohammed", "Muhammad", "Mohamed Amine"),
            ("Jean-Pierre", "Jean Pierre", "Jeanpierre", "Jean"),
            ("Youssef", "Yusuf", "Joussef"),
            ("Katarzyna", "Katarina", "Catherine"),
            ("Christophe", "Kristof", "Christof"),
            ("Дмитрий", "Dmitri", "Dimitri"),
            ("Sofie", "Sophie", "Sofei", "Sofi"),
            ("Pieter", "Peter", "Piter", "Peiter", "Pitter"),
            ("El Mehdi", "Elmehdi", "Mehdi"),
            ("Șerban", "Serban"),
        )
        for pair in permutations(names, 2)
    ],
    ids=str,
)
def test_spellings_of_one_name_share_a_bit(one: str, other: str):
    assert signature_probe((one,)) & given_signature((other, "Zoltan"))


@pytest.mark.parametrize("names", [(), ("A.",), ("-",), ("2",), ("Marie", "L.")])
def test_initial_or_missing_name_sets_all_bits(names: tuple[str, ...]):
    assert given_signature(names) == ANYBODY


@pytest.mark.parametrize("names", [(), ("A.",), ("Marie", "L."), ("2",)])
def test_probe_of_an_initial_or_missing_name_excludes_nobody(names: tuple[str, ...]):
    assert signature_probe(names) == 0


def test_different_names_rarely_share_a_bit():
    names = [name.romanized for name in load_names().forenames if name.country == "BE"]
    pairs = list(combinations(names, 2))
    shared = sum(bool(signature_probe((one,)) & given_signature((other,))) for one, other in pairs)
    assert 0 < shared / len(pairs) < 0.2


def test_signature_fits_a_signed_64_bit_number():
    assert 0 < ANYBODY < 2**63
