"""The likeness of two names, from 0 to 1.

Two last names are as alike as the best of: the names in one word; their words, paired; the words without
joined particles. Two words are as alike as the best of: equal; spelled alike (edits, a swap of neighbours
being one); sounding alike; one beginning with the other; read alike (respellings.py). Only spellings of one
sound are more alike than `DIFFERENT_AT_MOST`: Dupont and Dupond are, Rahman and Rahmani, or Vandenberghe and
Vandenbergne, are not. Two given names that are forms of one name have the likeness `_FORM`.

The weights were tuned on the tuning halves of the sets of benchmarks/, and belong to the algorithm
`raas-names-2`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from raas.domain.names.given_name_forms import are_forms
from raas.domain.names.phonetics import sounds, stem, without_van
from raas.domain.names.respellings import optical_form, wade_giles
from raas.domain.names.spelling import comparable_forms, core, words, written_out_words

DIFFERENT_AT_MOST = 0.83
"""The highest likeness of two words that may be two names: with all else equal, a score of 0.89."""

_ALIKE = 0.75
"""The likeness from which two words count as the same word."""

_PART_OF_NAME = 0.9
"""Factor if one name has words that the other does not have (Garcia and Garcia Lopez)."""

_GUESSED = 0.93
"""Factor if a joined particle had to be guessed (Elkhattabi, Khattabi)."""

_TRUNCATED = 0.82
"""Least likeness of a word to its beginning, which has at least four letters and half of the word's."""

_INITIAL = 0.8
"""Likeness of a word to its first letter."""

_FORM = 0.85
"""Likeness of two forms of one given name (Tom, Thomas)."""

_FAR = 0.4
"""Likeness of spellings below which equal sounds count for nothing."""

_SHORT = 4
"""Letters of a spelling of sounds up to which equal sounds may be two names (Xu, Xue; Chen, Shen)."""

# One letter replaces the spellings of one sound, so that the edit distance counts other differences only.
_SPELLINGS = (
    (re.compile(r"(?<=[aou])e"), ""),  # Mueller, Muller; Claes, Clas
    (re.compile(r"d(?:j|zh|sch)|xh"), "j"),  # Djaferi, Jaferi; Hoxha, Hodja
    (re.compile(r"ch(?=[lmnrv])"), "k"),  # Christov, Khristov
    (re.compile(r"^ts(?=[vaeiou])|^c(?=v)"), "s"),  # Tsvetkov, Cvetkov
    (re.compile(r"(?:^|(?<=[aeio]))ou(?=[aeiy])|w"), "v"),  # Ouahabi, Wahabi; Nowak, Novak
    (re.compile(r"ou"), "u"),  # Youssef, Yusuf
    (re.compile(r"t?sch|t?ch|sh|sz|cz"), "s"),  # Chaabane, Shaaban; Szymanski, Shimanski
    (re.compile(r"ph"), "f"),
    (re.compile(r"ck|kh|q|c(?![eiy])"), "k"),  # De Clerck, De Clerc; Khatabi, Katabi
    (re.compile(r"gh"), "g"),
    (re.compile(r"ij|ei|y|j"), "i"),  # Van Dijk, Van Dyck; Youssef, Joussef
    (re.compile(r"ks|x|z|c"), "s"),
    (re.compile(r"(?<=.)h"), ""),  # Mohamed, Moammed; Thijs, Tijs
    (re.compile(r"d?t$|d$"), "t"),  # Dupont, Dupond; Smet, Smedt
    (re.compile(r"v(?=e?$)"), "f"),  # Van Hoof, Van Hove; Ivanov, Ivanoff
    (re.compile(r"(?<=[^aeiou])e$"), ""),  # De Bruyne, De Bruyn
    (re.compile(r"(.)\1+"), r"\1"),  # Peeters, Peters
)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A name with everything that comparing needs; made once per name."""

    forms: frozenset[str]
    joined: str
    begins_with_van: bool
    parts: tuple[str, ...]
    stems: tuple[str, ...]


@lru_cache(maxsize=65_536)
def _heard(name: str) -> _Heard:
    name_words = words(name)
    parts, joined = core(name_words), "".join(name_words)
    return _Heard(
        comparable_forms(name),
        joined,
        without_van(joined) != joined,
        tuple(without_van(part) for part in parts),
        tuple(stem(part) for part in parts),
    )


@lru_cache(maxsize=65_536)
def _heard_ways(name: str) -> tuple[_Heard, ...]:
    return tuple(_heard(spelling) for spelling in _spellings(name))


@lru_cache(maxsize=65_536)
def name_likeness(one: str, other: str) -> float:
    """The similarity of two last names, or of two lists of given names in any order, joined by spaces.

    1 when they are equal as `comparable_forms` has it.
    """
    some, others = _heard_ways(one), _heard_ways(other)
    if len(some) == len(others) == 1:
        return _likeness(some[0], others[0])
    return max(_likeness(a, b) for a in some for b in others)


@lru_cache(maxsize=65_536)
def two_slips_likeness(one: str, other: str) -> float:
    """The similarity of two last names that differ by at most two letters, or by one sound; else 0.

    For persons of whom all other data agree: by itself it says little (Simons, Symens; Pauwels, Paulis).
    """
    a, b = _heard(one), _heard(other)
    spelled = (a.joined, b.joined), ("".join(a.parts), "".join(b.parts)), ("".join(a.stems), "".join(b.stems))
    read = [(form(x), form(y)) for x, y in spelled for form in (_respelled, optical_form)]
    return max(*(_slips(x, y, 2) for x, y in spelled), *(_slips(x, y, 1) for x, y in read))


def _slips(one: str, other: str, most: int) -> float:
    if min(len(one), len(other)) < _SHORT or OSA.distance(one, other, score_cutoff=most) > most:
        return 0.0
    return OSA.normalized_similarity(one, other)


@lru_cache(maxsize=65_536)
def _spellings(name: str) -> tuple[str, ...]:
    """The name and, where that is another, the name with its umlauts written out."""
    written_out = written_out_words(name)
    return (name,) if written_out == words(name) else (name, " ".join(written_out))


@lru_cache(maxsize=65_536)
def given_names_likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """The similarity of two lists of given names in any order, forms of one name being alike."""
    likeness = name_likeness(" ".join(one), " ".join(other))
    if likeness > _PART_OF_NAME:
        return likeness
    return max(likeness, _paired(one, other, _given_word_likeness, at_most=1.0))


def _given_word_likeness(one: str, other: str) -> float:
    return max(_FORM if are_forms(one, other) else 0.0, name_likeness(one, other))


def _likeness(a: _Heard, b: _Heard) -> float:
    if a.forms & b.forms:
        return 1.0
    if not (a.forms and b.forms):
        return 0.0
    if len(a.parts) == len(b.parts) == 1 and a.parts[0] == a.joined and b.parts[0] == b.joined:
        # Most names: one word, without a particle.
        likeness = word_likeness(a.joined, b.joined)
        if a.stems != a.parts or b.stems != b.parts:
            likeness = max(likeness, _GUESSED * word_likeness(a.stems[0], b.stems[0]))
        return likeness
    likeness = _paired(a.parts, b.parts)
    if not (a.begins_with_van and b.begins_with_van) or _one_slip_or_cut_off(a.joined, b.joined):
        # Otherwise the two would be alike for nothing but their Van den.
        likeness = max(likeness, word_likeness(a.joined, b.joined))
    if a.stems != a.parts or b.stems != b.parts:
        likeness = max(likeness, _GUESSED * _paired(a.stems, b.stems))
    return likeness


def _one_slip_or_cut_off(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one) or OSA.distance(one, other, score_cutoff=1) <= 1


@lru_cache(maxsize=65_536)
def _respelled(word: str) -> str:
    for spelling, letter in _SPELLINGS:
        word = spelling.sub(letter, word)
    return word


@lru_cache(maxsize=262_144)
def word_likeness(one: str, other: str) -> float:
    """The similarity of two words of `spelling.words`."""
    if one == other:
        return 1.0
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    if len(shorter) == 1 and longer.startswith(shorter):
        return _INITIAL
    heard, heard_too = _respelled(one), _respelled(other)
    spelled = OSA.normalized_similarity(one, other)
    respelled = OSA.normalized_similarity(heard, heard_too)
    likeness = max(spelled, 0.97 * respelled)
    if likeness < _FAR:
        # Nothing below makes words so different alike, except another romanisation.
        return DIFFERENT_AT_MOST if _romanised_alike(one, other) else likeness
    common = set(sounds(one)) & set(sounds(other))
    if common:
        # Two sounds are common to many words: the spelling must say more.
        weight = 0.5 if max(map(len, common)) > 2 else 0.3
        likeness = max(likeness, weight + (1 - weight) * max(spelled, 0.97 * respelled))
    if heard == heard_too and not longer.startswith(shorter) and _says_enough(heard, spelled):
        # Spellings of one sound; a letter more at the end may make another name (Lang, Lange).
        return likeness
    if len(shorter) >= 4 and 2 * len(shorter) >= len(longer) and longer.startswith(shorter):
        likeness = max(likeness, _TRUNCATED + (1 - _TRUNCATED) * (2 * len(shorter) / len(longer) - 1))
    if likeness < DIFFERENT_AT_MOST:
        read = OSA.normalized_similarity(optical_form(one), optical_form(other))
        likeness = max(likeness, 0.97 * read)
        if _romanised_alike(one, other):
            return DIFFERENT_AT_MOST
    return min(likeness, DIFFERENT_AT_MOST)


def _says_enough(heard: str, spelled: float) -> bool:
    return len(heard) > _SHORT or (len(heard) == _SHORT and spelled > 1 - 1.5 / _SHORT)


def _romanised_alike(one: str, other: str) -> bool:
    a, b = wade_giles(one), wade_giles(other)
    return other == a or one == b or (a is not None and a == b)


def _paired(
    some: tuple[str, ...],
    others: tuple[str, ...],
    likeness_of: Callable[[str, str], float] = word_likeness,
    at_most: float = DIFFERENT_AT_MOST,
) -> float:
    """Each word of the shorter list with its best, still free one of the longer.

    `at_most` is the highest likeness if words differ both in number and in spelling.
    """
    fewer, more = (some, others) if len(some) <= len(others) else (others, some)
    free = list(more)
    total = 0.0
    for word in fewer:
        likeness, best = max((likeness_of(word, candidate), candidate) for candidate in free)
        if likeness < _ALIKE:
            return 0.0
        free.remove(best)
        total += likeness
    if free and total < len(fewer):
        return min(total / len(fewer) * _PART_OF_NAME, at_most)
    return total / len(fewer) * (_PART_OF_NAME if free else 1.0)
