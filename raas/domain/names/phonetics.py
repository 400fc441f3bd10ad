"""Keys by which an index finds names that sound alike.

A key has the sounds of the consonants of one part of a name, at most four: Berghe, Van den Bergh and
Vandenberghe have PRK; Çelik, Celik and Chelik have SLK. Double Metaphone (Lawrence Philips) encodes Germanic,
Romance, Slavic and other spellings, in one or two ways; its codes are then made coarser where languages
disagree (S and SH, T and TH, H or none).

A person is stored under few keys (`search_keys`); a query asks for many (`probe_keys`: also every key that
differs by one sound). So misspellings cost index lookups instead of storage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import lru_cache

from doublemetaphone import doublemetaphone

from raas.domain.names.respellings import readings
from raas.domain.names.spelling import core, words, written_out_words

KEY_LENGTH = 4
"""Sounds in a key: enough to be selective with a birth date, few enough for truncated names."""

_SWAPPED_NAMES = 3
"""First names that may have been typed as the last name."""

_CONSONANTS = "FJKLMNPRST"
_VOWEL_IN_FRONT = "A"
_COARSER = str.maketrans({"X": "S", "0": "T", "H": None})

# Spellings of one sound that Double Metaphone, trained on English, hears as several.
_RESPELLED = (
    (
        re.compile(r"(?:^|(?<=[aeio]))ou(?=[aeiy])|w"),
        "v",
    ),  # Ouahabi, Wahabi; Charkaoui, Cherkawi; Nowak, Novak
    (re.compile(r"ij"), "y"),  # Van Dijk, Van Dyk
    (re.compile(r"gh"), "k"),  # Berghe, Verhaeghe, Ghazi: silent in English only
    (re.compile(r"d(?:j|zh|sch)|xh"), "j"),  # Djaferi, Dzhaferi, Jaferi; Hoxha, Hodja
    (re.compile(r"t(?:sch|ch|sh)"), "sh"),  # Tshibangu, Tchibangu, Shibangu
    (re.compile(r"^ts(?=[vaeiou])|^c(?=v)"), "s"),  # Tsvetkov, Cvetkov
)

# A particle that may have been joined to what follows, which is four letters at least and begins like a word.
_NAME_FOLLOWS = r"(?=([a-z])(?!\1)[a-z]{3})"
_JOINED_VAN = re.compile(r"van(?:den|der|de|t)?" + _NAME_FOLLOWS)
_JOINED_PARTICLE = re.compile(
    r"(?:van(?:den|der|de|t)?|della|de[nrls]?|la|le|du|el|al|ben|ait)" + _NAME_FOLLOWS
)


@lru_cache(maxsize=65_536)
def sounds(word: str) -> tuple[str, ...]:
    """The sounds of a word of `spelling.words`: a few strings of consonants, coarse, not truncated.

    A vowel, Y or H in front counts as A; other vowels are not heard. An X at the end is heard and mute
    (Hendrickx, Leroux). Empty for a word that has no sound.
    """
    for spelling, respelled in _RESPELLED:
        word = spelling.sub(respelled, word)
    spoken = (word, word[:-1], word[:-1] + "ks") if word.endswith("x") else (word,)
    return tuple(dict.fromkeys(_coarse(code) for way in spoken for code in doublemetaphone(way) if code))


def stem(word: str) -> str:
    """The word without a particle joined in front: berghe of vandenberghe, khattabi of elkhattabi.

    A guess (vaux of delvaux): good for finding, never for deciding that two names are one.
    """
    joined = _JOINED_PARTICLE.match(word)
    return word[joined.end() :] if joined else word


def without_van(word: str) -> str:
    """The word without Van, Van de, Van den, Van der or Van 't joined in front: hardly ever a wrong guess."""
    joined = _JOINED_VAN.match(word)
    return word[joined.end() :] if joined else word


def name_parts(name: str) -> dict[str, None]:
    """The parts of a name to encode: its words without particles, all words in one, and stems of both."""
    spellings = dict.fromkeys((words(name), written_out_words(name)))
    parts = (part for spelled in spellings for part in (*core(spelled), "".join(spelled)))
    return dict.fromkeys(spelling for part in parts if part for spelling in (part, stem(part)))


def search_keys(last_name: str) -> list[str]:
    """The keys under which a person with this last name is stored, sorted; 2.3 on average.

    Of each word without particles, of the whole name in one word, and of both without a joined particle.
    A name that has no sound at all (digits) has its words, truncated, as keys.
    """
    return sorted({code[:KEY_LENGTH] for part in name_parts(last_name) for code in _codes(part)})


class Reach(Enum):
    """The extent to which the keys of a search differ from those of the typed name."""

    FAR = "slips of the pen anywhere, also where last and first names were swapped"
    NEAR = "slips of the pen in the last name"
    EXACT = "none: for a question that the birth date hardly narrows"


def probe_keys(last_name: str, first_names: Sequence[str] = (), reach: Reach = Reach.FAR) -> list[str]:
    """The keys to look up for a question, sorted: some three hundred, fewer with a shorter reach.

    Those of the last name; of the last name with one letter left out or two neighbours swapped; every key
    one sound away (one more, one less, another one, two swapped); the beginnings of its keys and what they
    may be the beginning of, in case one of the names was cut off; and those of the first names, in case the
    two were swapped. EXACT is a dozen of them, without joined Van names, of which half of Flanders has the
    same. Each reach includes the keys of other readings of the words (respellings.py).
    """
    probes = set(search_keys(" ".join(first_names)))
    if reach is Reach.FAR:
        for name in first_names[:_SWAPPED_NAMES]:
            probes.update(_near_keys(name_parts(name)))
    if reach is Reach.EXACT:
        for part in name_parts(last_name):
            if part == without_van(part):
                probes.update(near[:KEY_LENGTH] for code in _codes(part) for near in _cut_off(code))
    else:
        probes.update(_near_keys(name_parts(last_name)))
        probes.update(code[:KEY_LENGTH] for word in core(words(last_name)) for code in _mistyped(word))
    for word in core(words(last_name)):
        probes.update(code[:KEY_LENGTH] for reading in readings(word) for code in sounds(reading))
    probes.discard("")
    return sorted(probes)


def _near_keys(parts: Iterable[str]) -> set[str]:
    return {near[:KEY_LENGTH] for part in parts for code in _codes(part) for near in _one_sound_away(code)}


def _codes(part: str) -> tuple[str, ...]:
    return sounds(part) or (part.upper(),)


def _coarse(code: str) -> str:
    if code[0] == "H":
        code = _VOWEL_IN_FRONT + code[1:]
    return code.translate(_COARSER)


def _cut_off(code: str) -> set[str]:
    """The code, its beginnings of two sounds or more, and, of three sounds, all that begin with it."""
    longer = {code + sound for sound in _CONSONANTS} if len(code) == KEY_LENGTH - 1 else set()
    return {code, *(code[:length] for length in range(2, len(code))), *longer}


def _one_sound_away(code: str) -> set[str]:
    near = _cut_off(code) | {_VOWEL_IN_FRONT + code}
    if len(code) == 2:
        near.update(code + one + other for one in _CONSONANTS for other in _CONSONANTS)
    # Sounds after the last one of a key do not change the key.
    for at in range(min(len(code), KEY_LENGTH) + 1):
        left, right = code[:at], code[at:]
        near.update(left + sound + right for sound in _CONSONANTS)
        if right:
            near.add(left + right[1:])
            near.update(left + sound + right[1:] for sound in _CONSONANTS)
        if len(right) > 1:
            near.add(left + right[1] + right[0] + right[2:])
    return near


def _mistyped(word: str) -> set[str]:
    """The sounds of the word with one letter left out, or with two neighbours swapped."""
    typed = {word[:at] + word[at + 1 :] for at in range(len(word))}
    typed.update(word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))
    return {code for spelling in typed for code in sounds(spelling)}
