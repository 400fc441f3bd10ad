"""Keys by which an index finds names that sound alike.

A key is how the consonants of one part of a name sound, four of them at most: Berghe, Van den Bergh and
Vandenberghe have PRK; Çelik, Celik and Chelik have SLK. Double Metaphone (Lawrence Philips), which knows
Germanic, Romance, Slavic and other spellings, hears them, in one or two ways; its codes are then made
coarser where languages disagree (S and SH, T and TH, H or none).

A person is stored under few keys (`search_keys`), a question asks for many (`probe_keys`: also every key
one sound away), so that a slip of the pen costs index lookups instead of storage.
"""

from __future__ import annotations

import re
from functools import lru_cache

from doublemetaphone import doublemetaphone

from raas.domain.names import core, words

KEY_LENGTH = 4
"""Sounds in a key: enough to be selective with a birth date, few enough for truncated names."""

_CONSONANTS = "FJKLMNPRST"
_VOWEL_IN_FRONT = "A"
_COARSER = str.maketrans({"X": "S", "0": "T", "H": None})

# Spellings of one sound that Double Metaphone, trained on English, hears as several.
_RESPELLED = (
    (re.compile(r"^ou(?=[aeiy])|w"), "v"),  # Ouahabi, Wahabi; Nowak, Novak; De Wit, De Vit
    (re.compile(r"ij"), "y"),  # Van Dijk, Van Dyk
    (re.compile(r"d(?:j|zh|sch)"), "j"),  # Djaferi, Dzhaferi, Jaferi
)

# A particle that may have been joined to what follows; at least four letters must remain.
_JOINED_VAN = re.compile(r"van(?:den|der|de|t)?(?=[a-z]{4})")
_JOINED_PARTICLE = re.compile(_JOINED_VAN.pattern + r"|(?:della|de[nrls]?|la|le|du|el|al|ben|ait)(?=[a-z]{4})")


@lru_cache(maxsize=65_536)
def sounds(word: str) -> tuple[str, ...]:
    """How a word of `names.words` sounds: one or two strings of consonants, coarse, not truncated.

    A vowel, Y or H in front counts as A; other vowels are not heard. Empty for a word that has no sound.
    """
    for spelling, respelled in _RESPELLED:
        word = spelling.sub(respelled, word)
    return tuple(dict.fromkeys(_coarse(code) for code in doublemetaphone(word) if code))


def stem(word: str) -> str:
    """The word without a particle joined in front: berghe of vandenberghe, khattabi of elkhattabi.

    A guess (vaux of delvaux): good for finding, never for deciding that two names are one.
    """
    joined = _JOINED_PARTICLE.match(word)
    return word[joined.end() :] if joined else word


def search_keys(last_name: str) -> list[str]:
    """The keys under which a person with this last name is stored, sorted; 2.3 on average.

    Of each word without particles, of the whole name in one word, and of both without a joined particle.
    A name that has no sound at all (digits) has its words, truncated, as keys.
    """
    return sorted({code[:KEY_LENGTH] for part in _parts(last_name) for code in _codes(part)})


def probe_keys(last_name: str, first_names: tuple[str, ...] = ()) -> list[str]:
    """The keys to look up for a question, sorted: a hundred for a name of one word.

    Those of the last name and every key one sound away (one more, one less, another one, two swapped);
    and those of the first names, in case the two were swapped.
    """
    probes = set(search_keys(" ".join(first_names)))
    for part in _parts(last_name):
        # Half of Flanders begins with Van: the key of the joined name would select nobody in particular.
        if _JOINED_VAN.match(part) is None:
            for code in _codes(part):
                probes.update(near[:KEY_LENGTH] for near in _one_sound_away(code))
    probes.discard("")
    return sorted(probes)


def _parts(name: str) -> dict[str, None]:
    name_words = words(name)
    parts = (*core(name_words), "".join(name_words))
    return dict.fromkeys(spelling for part in parts if part for spelling in (part, stem(part)))


def _codes(part: str) -> tuple[str, ...]:
    return sounds(part) or (part.upper(),)


def _coarse(code: str) -> str:
    if code[0] == "H":
        code = _VOWEL_IN_FRONT + code[1:]
    return code.translate(_COARSER)


def _one_sound_away(code: str) -> set[str]:
    # Edits behind the last sound of a key and the one after it cannot change the key.
    splits = [(code[:i], code[i:]) for i in range(min(len(code), KEY_LENGTH) + 1)]
    near = {code, _VOWEL_IN_FRONT + code}
    for left, right in splits:
        near.update(left + sound + right for sound in _CONSONANTS)
        if right:
            near.add(left + right[1:])
            near.update(left + sound + right[1:] for sound in _CONSONANTS)
        if len(right) > 1:
            near.add(left + right[1] + right[0] + right[2:])
    return near
