"""The query for persons by name and birth date, and which candidates an index selects for it.

The algorithm, `raas-names-2`:

1. The birth date and its tolerance make a window (birth_window.py), which excludes all other births.
2. The persons born on one day are all candidates. In a longer window, keys that sound like the last name, or
   like the first names (if the two were swapped), find the candidates in an index (phonetics.py).
3. scoring.py scores each candidate: the last name (names/similarity.py), the given names as the mode asks,
   the nearness of the birth date. Sex and municipality filter; an unknown value passes.
4. A candidate matches if its score is `THRESHOLD` or more.

The mode LADDER walks several such searches (ladder.py). The published figures for recall and precision come
from benchmarks/name_pairs.py and benchmarks/search_quality.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.names.given_name_signature import signature_probe
from raas.domain.names.phonetics import Reach, probe_keys, search_keys
from raas.domain.persons.identity import Sex
from raas.domain.search.birth_window import BirthCodes, BirthWindow, birth_window

ALGORITHM = "raas-names-2"
"""The name of these rules, weights and threshold; it changes whenever a score would."""

THRESHOLD = 0.8
"""The lowest score of a match."""

_FAR_DAYS, _NEAR_DAYS = 45, 400
"""Lengths of windows from which the index is asked for fewer keys: the birth date narrows too little."""

MOST_GIVEN_NAMES = 10
"""Given names in a query: each is compared with the names of many persons."""


class GivenNameMatching(Enum):
    """Which given names must fit; names and values equal those of the proto enum."""

    FIRST_LETTER_FIRST_GIVEN_NAME = 1
    COMPLETE_FIRST_GIVEN_NAME = 2
    ALL_GIVEN_NAMES = 3
    IGNORE_GIVEN_NAMES = 4
    LADDER = 5


_MODES_WITHOUT_NAMES = (
    GivenNameMatching.FIRST_LETTER_FIRST_GIVEN_NAME,
    GivenNameMatching.IGNORE_GIVEN_NAMES,
)


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A query of the index: persons under one of the keys whose birth code matches.

    Each key has the bits of which the signature of the given names must share one
    (names/given_name_signature.py); 0 = any signature matches.
    """

    keys: Mapping[str, int]
    codes: BirthCodes


@dataclass(frozen=True, slots=True, eq=False)
class DayProbe:
    """A query of the index: all persons with one of these birth codes.

    Each code has the bits of which the signature of the given names must share one; 0 = any matches. If the
    persons are too many to score (1 January of some years), the query is `fallback`.
    """

    codes: Mapping[int, int]
    fallback: Callable[[], Probe]


@dataclass(frozen=True, slots=True)
class PersonQuery:
    """The person searched for.

    `birth_date` has at least a year; `tolerance` is in the unit of its last known part.
    """

    last_name: str
    birth_date: IncompleteDate
    tolerance: int = 0
    first_names: tuple[str, ...] = ()
    given_name_matching: GivenNameMatching = GivenNameMatching.ALL_GIVEN_NAMES
    sex: Sex | None = None
    municipality: str | None = None

    def window(self) -> BirthWindow:
        """The days on which the person may have been born."""
        return birth_window(self.birth_date, self.tolerance)

    def probe(self, with_forms: bool = False) -> Probe:
        """The query of the index; in a long window other forms of given names need `with_forms`."""
        window = self.window()
        days = window.last - window.first
        if days < _FAR_DAYS:
            return Probe(dict.fromkeys(probe_keys(self.last_name, self.first_names), 0), window.codes())
        reach, given = Reach.NEAR if days < _NEAR_DAYS else Reach.EXACT, self._given(with_forms)
        keys = dict.fromkeys(probe_keys(self.last_name, (), reach), given)
        self.admit_swapped_names(keys)
        return Probe(keys, window.codes())

    def admit_swapped_names(self, keys: dict[str, int]) -> None:
        """Add the keys of the first names: if the two were swapped, the last name must be a given one."""
        swapped = signature_probe((self.last_name,))
        for key in search_keys(" ".join(self.first_names)):
            asked = keys.get(key, swapped)
            # 0 admits any signature, so it wins.
            keys[key] = asked | swapped if asked and swapped else 0

    def day_probe(self) -> DayProbe | None:
        """The query of the index for all persons born in the window, if that is one day; else None.

        Of those with an incomplete birth date, who are many per date, only the persons whose given names may
        match are candidates.
        """
        window = self.window()
        if window.first != window.last:
            return None
        codes = window.codes()
        return DayProbe({**dict.fromkeys(codes.single, self.given_bits()), codes.first: 0}, self.probe)

    def given_bits(self) -> int:
        """The bits of given names for a probe without keys, also if first and last names were swapped.

        The bits of other forms of the names are included. 0 = any given names match.
        """
        if self.given_name_matching in _MODES_WITHOUT_NAMES or not self.first_names:
            return 0
        given, swapped = signature_probe(self.first_names, True), signature_probe((self.last_name,))
        return given | swapped if given and swapped else 0

    def _given(self, with_forms: bool) -> int:
        mode = self.given_name_matching
        if mode in _MODES_WITHOUT_NAMES:
            return 0
        only_first = mode is GivenNameMatching.COMPLETE_FIRST_GIVEN_NAME
        return signature_probe(self.first_names[:1] if only_first else self.first_names, with_forms)
