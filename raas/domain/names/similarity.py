"""The likeness of two names, from 0 to 1.

Two last names are as alike as the best of: the names in one word; their words, paired; the words without
joined particles. Two words are as alike as the best of: equal; spelled alike (edits, a swap of neighbours
being one); sounding alike; one beginning with the other. The weights were tuned on the synthetic pairs of
benchmarks/name_pairs.py and belong to the algorithm `raas-names-1`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from raas.domain.names.phonetics import sounds, stem, without_van
from raas.domain.names.spelling import comparable_forms, core, words, written_out_words

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
def name_likeness(one: str, other: str) -> float:
    """The similarity of two last names, or of two lists of given names in any order, joined by spaces.

    1 when they are equal as `comparable_forms` has it.
    """
    return max(_likeness(_heard(a), _heard(b)) for a in _spellings(one) for b in _spellings(other))


@lru_cache(maxsize=65_536)
def _spellings(name: str) -> tuple[str, ...]:
    """The name and, where that is another, the name with its umlauts written out."""
    written_out = written_out_words(name)
    return (name,) if written_out == words(name) else (name, " ".join(written_out))


def _likeness(a: _Heard, b: _Heard) -> float:
    if a.forms & b.forms:
        return 1.0
    if not (a.forms and b.forms):
        return 0.0
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
    """The similarity of two words of `names.words`."""
    if one == other:
        return 1.0
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    if len(shorter) == 1 and longer.startswith(shorter):
        return _INITIAL
    spelled = OSA.normalized_similarity(one, other)
    respelled = OSA.normalized_similarity(_respelled(one), _respelled(other))
    likeness = max(spelled, 0.97 * respelled)
    common = set(sounds(one)) & set(sounds(other))
    if common:
        # Two sounds are common to many words: the spelling must say more.
        weight = 0.5 if max(map(len, common)) > 2 else 0.3
        likeness = max(likeness, weight + (1 - weight) * max(spelled, 0.97 * respelled))
    if len(shorter) >= 4 and 2 * len(shorter) >= len(longer) and longer.startswith(shorter):
        likeness = max(likeness, _TRUNCATED + (1 - _TRUNCATED) * (2 * len(shorter) / len(longer) - 1))
    return likeness


def _paired(some: tuple[str, ...], others: tuple[str, ...]) -> float:
    """Each word of the shorter list with its best, still free one of the longer."""
    fewer, more = (some, others) if len(some) <= len(others) else (others, some)
    free = list(more)
    total = 0.0
    for word in fewer:
        likeness, best = max((word_likeness(word, candidate), candidate) for candidate in free)
        if likeness < _ALIKE:
            return 0.0
        free.remove(best)
        total += likeness
    return total / len(fewer) * (_PART_OF_NAME if free else 1.0)
