"""Normalised spelling of names, for comparison.

    Van den Berghe, VANDENBERGHE, van-den-Berghe    words van den berghe   joined vandenberghe
    D'Hondt, D’hondt, Dhondt                        words dhondt
    Müller                                          words muller, or written out: mueller
    Çelik, Yılmaz, Łukasz, Straße, Иванов           words celik, yilmaz, lukasz, strasse, ivanov
    St-Amand, Saint-Amand, Sint-Amand               words saint amand

Case, accents, apostrophes, hyphens and other separators are removed; letters are a to z. Two names can then
be *equal* (`comparable_forms`, for the comparison of identities) or *alike* (phonetics.py and similarity.py,
for the search).
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

from anyascii import anyascii

PARTICLES = frozenset(
    # Dutch, German; the s and t of 's and 't, whose apostrophe is gone
    "van vande vanden vander vd de den der des het in op s t te ten ter von vom zu zum zur und "
    # French, Italian, Spanish, Portuguese
    "d du l la le les da das degli dei del della delle dello di do dos el los las lo e y "
    # Arabic, Berber
    "al ul an bin ben bint ibn ould ait".split()
)
"""Words that accompany a name; people omit them, join them or write them apart."""

_APOSTROPHES = re.compile(r"['’‘`´ʼʻʾʿ′]")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_ABBREVIATED = {"st": "saint", "ste": "sainte", "sint": "saint"}
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "đ": "dj"})


def words(name: str) -> tuple[str, ...]:
    """The words of the name in lower-case ASCII letters and digits; none when it has no letter at all."""
    return _words(_lower(name))


def written_out_words(name: str) -> tuple[str, ...]:
    """Like `words`, with ä, ö, ü, ø, å, đ as ae, oe, ue, oe, aa, dj (`words` makes them a, o, u, o, a, d)."""
    return _words(_lower(name).translate(_WRITTEN_OUT))


def core(name_words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without particles; all of them when there is nothing else (the names Le, Ben, Al)."""
    return tuple(word for word in name_words if word not in PARTICLES) or name_words


@lru_cache(maxsize=16_384)
def comparable_forms(name: str) -> frozenset[str]:
    """Every form under which the name may be written; two names are equal if they share one.

    Joined with and without particles, umlauts plain and written out. So Müller equals Muller and
    Mueller, but Mueller does not equal Muller: without the umlaut nothing says that the two are one
    (Boer and Bor are not). A particle that only one side has makes no difference. A name without any
    letter has no form and equals nothing.
    """
    forms: set[str] = set()
    for spelling in (words(name), written_out_words(name)):
        forms.update(("".join(spelling), "".join(core(spelling))))
    forms.discard("")
    return frozenset(forms)


def _lower(name: str) -> str:
    # Composed first, so that a dotless or dotted letter is one character for the table of anyascii.
    return normalize("NFC", name).lower()


def _words(lower: str) -> tuple[str, ...]:
    bare = _APOSTROPHES.sub("", lower)
    if not bare.isascii():
        # anyascii writes the soft sign and the like as an apostrophe: no separator either.
        bare = _APOSTROPHES.sub("", anyascii(bare)).lower()
    return tuple(_ABBREVIATED.get(word, word) for word in _SEPARATORS.sub(" ", bare).split())
