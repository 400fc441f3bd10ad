"""The names that fictitious persons are made of (names.csv.gz; README.md says where they come from)."""

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
    """All names carried, sorted by country (ISO 3166-1 alpha-2), then by name."""

    forenames: tuple[CommonName, ...]
    surnames: tuple[CommonName, ...]


def load_names() -> CommonNames:
    """Read the names; some 50 KB of text, so keep the answer instead of asking twice."""
    text = gzip.decompress(files(__name__).joinpath("names.csv.gz").read_bytes()).decode()
    kinds: dict[str, list[CommonName]] = {"forename": [], "surname": []}
    for row in csv.DictReader(StringIO(text)):
        kinds[row["kind"]].append(
            CommonName(row["country"], row["gender"], row["localized_name"], row["romanized_name"])
        )
    return CommonNames(tuple(kinds["forename"]), tuple(kinds["surname"]))
