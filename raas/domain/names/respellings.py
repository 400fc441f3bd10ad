"""Other readings of a word: letters that look alike, and Chinese syllables in another romanisation.

    bernard   bemard (rn reads as m)
    cai       tsai   (Pinyin and Wade-Giles)

A search asks for these readings too; what is stored does not change.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

# Letters that a scanner, or an eye, takes for one another; li, h and ii, u do not change the keys.
_OPTICAL = (("rn", "m"), ("cl", "d"), ("nn", "m"), ("vv", "w"))
_TO_ONE_LETTER = tuple((re.compile(two), one) for two, one in (*_OPTICAL, ("li", "h"), ("ii", "u")))

# Wade-Giles without apostrophes and umlauts, as it is written in passports.
_INITIALS = {
    **{same: same for same in ("p", "m", "f", "t", "n", "l", "k", "h", "s", "y", "w", "sh", "ch", "")},
    **{
        "b": "p",
        "d": "t",
        "g": "k",
        "j": "ch",
        "q": "ch",
        "x": "hs",
        "zh": "ch",
        "r": "j",
        "z": "ts",
        "c": "ts",
    },
}
_FINALS = {
    **{
        same: same
        for same in "a ai an ang ao ei en eng i ia iang iao in ing iu ou u ua uan uang ui un e".split()
    },
    **{"ian": "ien", "ie": "ieh", "iong": "iung", "ong": "ung", "uo": "o", "ue": "ueh"},
}
_IRREGULAR = {
    **{"ye": "yeh", "yue": "yueh", "yan": "yen", "you": "yu", "yong": "yung", "si": "szu", "zi": "tzu"},
    **{"er": "erh", "ge": "ko", "ke": "ko", "he": "ho", "guo": "kuo", "kuo": "kuo", "huo": "huo"},
}
_AFTER_JQX = frozenset("i ia ian iang iao ie in ing iong iu u uan un ue".split())
_NEVER_AFTER_RETROFLEX = _AFTER_JQX - {"i", "u", "uan", "un"}


def _is_syllable(initial: str, final: str) -> bool:
    if initial in ("j", "q", "x"):
        return final in _AFTER_JQX
    if initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        return final not in _NEVER_AFTER_RETROFLEX
    return bool(initial) or final[0] in "aeo"


_WADE_GILES = {
    pinyin + final: wade + _FINALS[final]
    for (pinyin, wade), final in product(_INITIALS.items(), _FINALS)
    if _is_syllable(pinyin, final)
} | _IRREGULAR
_PINYIN: dict[str, tuple[str, ...]] = {}
for _pinyin, _wade in _WADE_GILES.items():
    _PINYIN[_wade] = (*_PINYIN.get(_wade, ()), _pinyin)


@lru_cache(maxsize=65_536)
def optical_form(word: str) -> str:
    """The word with one letter for each pair of letters that looks like it: bemard for bernard."""
    for two, one in _TO_ONE_LETTER:
        word = two.sub(one, word)
    return word


def wade_giles(word: str) -> str | None:
    """The Wade-Giles spelling of a word that is a syllable in Pinyin, else None: tsai of cai."""
    return _WADE_GILES.get(word)


@lru_cache(maxsize=65_536)
def readings(word: str) -> tuple[str, ...]:
    """The words that this one may stand for, itself not included: one place read differently each."""
    found: dict[str, None] = {}
    for two, one in _OPTICAL:
        for written, meant in ((two, one), (one, two)):
            at = word.find(written)
            while at >= 0:
                found[word[:at] + meant + word[at + len(written) :]] = None
                at = word.find(written, at + 1)
    if (wade := _WADE_GILES.get(word)) is not None:
        found[wade] = None
    found.update(dict.fromkeys(_PINYIN.get(word, ())))
    found.pop(word, None)
    return tuple(found)
