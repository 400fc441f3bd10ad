"""Names for fictitious persons (names.csv.gz; README.md states their origin)."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO


@dataclass(frozen=True, slots=True)
class CommonName:
    """A name common in a country; `gender` is "M" or "F" for forenames, "" for surnames.

    `localized` is the name in the letters of its country, `romanized` the same in Latin letters,
    accents kept (Иванов, Ivanov; Yılmaz, Yılmaz).
    """

    country: str
    gender: str
    localized: str
    romanized: str


@dataclass(frozen=True, slots=True)
class CommonNames:
    """All names, sorted by country (ISO 3166-1 alpha-2), then by name."""

    forenames: tuple[CommonName, ...]
    surnames: tuple[CommonName, ...]


def load_names() -> CommonNames:
    """Read the names, some 50 KB of text; the result is not cached."""
    text = gzip.decompress(files(__name__).joinpath("names.csv.gz").read_bytes()).decode()
    kinds: dict[str, list[CommonName]] = {"forename": [], "surname": []}
    for row in csv.DictReader(StringIO(text)):
        kinds[row["kind"]].append(
            CommonName(row["country"], row["gender"], row["localized_name"], row["romanized_name"])
        )
    return CommonNames(tuple(kinds["forename"]), tuple(kinds["surname"]))
