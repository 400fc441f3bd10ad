"""Forms of one given name: pet names, short forms, and other languages and scripts.

    Tom, Thomas    Wojtek, Wojciech    Serhii, Sergey    Mohd, Mohammed    Jan, Jean

Two names are forms of one if a line of raas/data/given_name_forms.txt has both, or if the package `nicknames`
(English names) has one as the pet name of the other. The relation is not transitive: Alex is a form of
Alexander and of Alexandra, which are two names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from nicknames import NickNamer

from raas.domain.names.spelling import words

_NONE: frozenset[str] = frozenset()


@lru_cache(maxsize=16_384)
def given_name_forms(name: str) -> frozenset[str]:
    """All forms of a given name, each as its `words` in one word; the name itself is not included.

    Empty for a name of which no other form is known.
    """
    joined = "".join(words(name))
    return frozenset(_forms().get(joined, _NONE)) - {joined}


def are_forms(one: str, other: str) -> bool:
    """Whether two given names are forms of one name."""
    return "".join(words(other)) in given_name_forms(one)


@cache
def _forms() -> Mapping[str, set[str]]:
    table: dict[str, set[str]] = {}
    for line in files("raas.data").joinpath("given_name_forms.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            group = {"".join(words(name)) for name in line.split("|")}
            for name in group:
                table.setdefault(name, set()).update(group)
    for canonical, pet_names in NickNamer().nickname_lookup.items():
        full = "".join(words(canonical))
        for pet_name in pet_names:
            short = "".join(words(pet_name))
            table.setdefault(full, set()).add(short)
            table.setdefault(short, set()).add(full)
    return table
