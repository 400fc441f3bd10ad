"""The inscriptions of the demonstration register: fictitious persons, always the same.

Every NISS has month + 60, a range that is never assigned. The two persons of the samples in protos/ and in
the README are among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from raas.cli.imports.files.csv_rows import Row

COLUMNS = ("operation", "niss", "dossier_type", "begin", "end")

SAMPLE_PERSON, SAMPLE_CHILD = "85673003360", "17670303353"

_PERSONS = 2_600
_SEED = 999_999_922
_FIRST_BIRTH, _LAST_BIRTH = date(1935, 1, 1), date(2023, 12, 31)
_LAST_DAY = date(2025, 12, 31)
_FICTITIOUS_MONTH = 60

_SAMPLES = (
    # Two adjacent periods: one line from 2019-01-01 to 2023-06-30.
    ("INSCRIBE", SAMPLE_PERSON, "HEALTH_INSURANCE", "2019-01-01", "2021-12-31"),
    ("INSCRIBE", SAMPLE_PERSON, "HEALTH_INSURANCE", "2022-01-01", "2023-06-30"),
    # A removal that splits a line.
    ("INSCRIBE", SAMPLE_PERSON, "UNEMPLOYMENT", "2020-03-16", "2020-12-31"),
    ("REMOVE", SAMPLE_PERSON, "UNEMPLOYMENT", "2020-07-01", "2020-08-31"),
    ("INSCRIBE", SAMPLE_CHILD, "CHILD_BENEFIT", "2017-07-03", ""),
    ("INSCRIBE", SAMPLE_CHILD, "HEALTH_INSURANCE", "2017-07-03", ""),
)


def demo_rows() -> Iterator[Row]:
    """The rows, with COLUMNS, in the order in which they are applied."""
    for line, fields in enumerate(_fields(), start=1):
        yield Row(line, list(fields))


def _fields() -> Iterator[tuple[str, str, str, str, str]]:
    yield from _SAMPLES
    chance = Random(_SEED)  # noqa: S311 - the same register everywhere, no secret
    given = {SAMPLE_PERSON, SAMPLE_CHILD}
    while len(given) < _PERSONS:
        born = _FIRST_BIRTH + timedelta(chance.randrange((_LAST_BIRTH - _FIRST_BIRTH).days))
        niss = fictitious_niss(born, chance.randint(1, 998))
        if niss not in given:
            given.add(niss)
            for dossier_type, begin, end in _life(chance, born):
                yield "INSCRIBE", niss, dossier_type, begin.isoformat(), end.isoformat() if end else ""


def _life(chance: Random, born: date) -> Iterator[tuple[str, date, date | None]]:
    """The inscriptions of one person: dossier type, begin, end (None = open)."""
    yield "HEALTH_INSURANCE", max(born, date(2000, 1, 1)), None
    grown_up = _birthday(born, 18)
    if born.year >= 1990:
        yield "CHILD_BENEFIT", born, grown_up - timedelta(1) if grown_up <= _LAST_DAY else None
        if grown_up <= _LAST_DAY and chance.random() < 0.5:  # a student: adjacent to the line before
            yield "CHILD_BENEFIT", grown_up, _birthday(born, chance.randint(20, 25)) - timedelta(1)
    if (retired := _birthday(born, 65)) <= _LAST_DAY:
        yield "PENSION", retired, None
    if grown_up < date(2022, 1, 1):
        for dossier_type, share in (("UNEMPLOYMENT", 0.35), ("SOCIAL_AID", 0.15)):
            while chance.random() < share:
                begin = _day_between(chance, max(grown_up, date(2005, 1, 1)), min(retired, _LAST_DAY))
                yield dossier_type, begin, begin + timedelta(chance.randint(30, 900))


def _birthday(born: date, years: int) -> date:
    """The day of that birthday; 1 March where 29 February does not exist."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def _day_between(chance: Random, first: date, last: date) -> date:
    return first + timedelta(chance.randrange(max(1, (last - first).days)))


def fictitious_niss(born: date, counter: int) -> str:
    """The number with month + 60 for a birth date and counter."""
    nine = f"{born.year % 100:02d}{born.month + _FICTITIOUS_MONTH:02d}{born.day:02d}{counter:03d}"
    checked = ("2" if born.year >= 2000 else "") + nine
    return f"{nine}{97 - int(checked) % 97:02d}"
