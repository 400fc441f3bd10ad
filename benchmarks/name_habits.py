"""Spelling habits: pairs of a pattern and its replacement.

One habit is applied once to a name. The habits are independent of the rules of the search, from which this
module imports nothing.
"""

from __future__ import annotations

UMLAUTS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ä", "a"), ("ö", "o"), ("ü", "u"), ("ß", "ss"))
PARTICLE = r"\b(van den|van der|van de|van|de la|della|del|de|el|al|ben|ait|aït|von der|von|la|le|d')[ ']"

SPELLINGS = (
    (r"dt$", "t"), (r"t$", "d"), (r"d$", "t"), (r"t$", "dt"), (r"ck", "k"), (r"cq$", "c"), (r"cq$", "q"), (r"x$", "ckx"),
    (r"([lmnprst])\1", r"\1"), (r"(?<=[aeiou])([lmnst])(?=[aeiou])", r"\1\1"), (r"ij", "y"), (r"y", "ij"), (r"i$", "y"),
    (r"y", "i"), (r"ae", "aa"), (r"ee", "e"), (r"oo", "o"), (r"gh", "g"), (r"th", "t"), (r"(?<=[aeiou])s$", "z"),
    (r"e$", ""), (r"au", "eau"), (r"ss", "s"), (r"z", "s"), (r"ph", "f"), (r"w", "v"), (r"sch", "sh"), (r"ks?$", "x"),
    (r"kx", "x"), (r"uy", "ui"), (r"ai", "e"), (r"c(?=[aou])", "k"), (r"k(?=[aou])", "c"), (r"è|é", "ai"), (r"br", "bvr"),
)  # fmt: skip
TRANSLITERATIONS = (
    (r"ou", "u"), (r"(?<=[bdhkmst])u", "ou"), (r"sh", "ch"), (r"ch", "sh"), (r"kh", "k"), (r"kh", "ch"), (r"dj", "j"),
    (r"q", "k"), (r"k(?=a)", "q"), (r"ou(?=[aeiy])", "w"), (r"w(?=[ae])", "ou"), (r"i$", "y"), (r"y", "i"), (r"ş", "sh"),
    (r"ç", "ch"), (r"ğ", "gh"), (r"ğ", ""), (r"ö", "eu"), (r"w", "v"), (r"v$", "ff"), (r"v$", "w"), (r"cz", "ch"),
    (r"sz", "sh"), (r"č", "ch"), (r"š", "sh"), (r"ć", "c"), (r"ts(?=[aeio])", "c"), (r"(?<=[a-z])j(?=[aeiou])", "y"), (r"ee", "i"),
    (r"ć", "ch"), (r"a(?=[bdkmr])", "e"), (r"(?<=[a-z])h", ""), (r"(?<=[aeiou])([dkmst])(?=[aeiou])", r"\1\1"), (r"gh", "g"),
)  # fmt: skip
