"""Days and numbers as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import typer

from raas.cli.texts import tr

_LETTERS = {"D": r"(?P<day>\d{1,2})", "M": r"(?P<month>\d{1,2})", "Y": r"(?P<year>\d{4})"}
_TOKEN = re.compile(r"D+|M+|Y+|[^DMY]")
_BELGIAN = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_MIDNIGHT = re.compile(r"[ T]0?0:00(?::00(?:[.,]0+)?)?$")
_LONGEST_DAY = 10
_NISS = re.compile(r"\d{2}[. ]?\d{2}[. ]?\d{2}[\- .]?\d{3}[. \-]?\d{2}")
_ENTERPRISE_NUMBER = re.compile(r"(?:BE\s?)?\d{4}[. ]?\d{3}[. ]?\d{3}", re.IGNORECASE)
_NOT_DIGIT = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A form such as DD/MM/YYYY."""

    text: str
    pattern: re.Pattern[str]

    def iso(self, written: str) -> str | None:
        """The day as YYYY-MM-DD; None for a text of another form. Parts may be 00, as in incomplete dates.

        A time of midnight after it, as databases export days, is ignored.
        """
        if len(written) > _LONGEST_DAY:
            written = _MIDNIGHT.sub("", written)
        if (found := self.pattern.fullmatch(written)) is None:
            return None
        return f"{found['year']}-{int(found['month']):02d}-{int(found['day']):02d}"


def parse_date_format(text: str) -> DateFormat:
    """The format of `--date-format`. Raises BadParameter."""
    tokens = _TOKEN.findall(text.upper())
    letters = "".join(token for token in tokens if token[0] in _LETTERS)
    if not re.fullmatch("(D{1,2}|M{1,2}|Y{4}){3}", letters) or sorted({*letters}) != ["D", "M", "Y"]:
        raise typer.BadParameter(
            tr("write --date-format with DD, MM and YYYY, such as DD/MM/YYYY or YYYYMMDD")
        )
    separated = len(tokens) > 3
    parts = [_LETTERS[token[0]] if token[0] in _LETTERS else re.escape(token) for token in tokens]
    pattern = "".join(parts)
    return DateFormat(text.upper(), re.compile(pattern if separated else pattern.replace("{1,2}", "{2}")))


ISO = parse_date_format("YYYY-MM-DD")


def looks_belgian(written: str) -> bool:
    """Whether a text looks like DD/MM/YYYY, with slashes, dots or hyphens."""
    return _BELGIAN.fullmatch(written) is not None


def parse_day(text: str) -> str:
    """A day as a person types it (`today`, 2024-03-01, 01/03/2024), as YYYY-MM-DD.

    Any other text is returned as it is, for the server to refuse.
    """
    text = text.strip()
    if text.lower() in (
        "today",
        "vandaag",
        "aujourd'hui",
        "aujourdhui",
    ):
        return today()
    if found := _BELGIAN.fullmatch(text):
        day, month, year = found.groups()
        return f"{year}-{int(month):02d}-{int(day):02d}"
    return text


def parse_niss(text: str) -> str:
    """A NISS without the dots, hyphens and blanks that people write into it; another text as it is."""
    text = text.strip()
    return _NOT_DIGIT.sub("", text) if _NISS.fullmatch(text) else text


def parse_enterprise_number(text: str) -> str:
    """An enterprise number without `BE`, dots and blanks; another text as it is."""
    text = text.strip()
    return _NOT_DIGIT.sub("", text) if _ENTERPRISE_NUMBER.fullmatch(text) else text


def today() -> str:
    """Today in Belgium."""
    from raas.domain.calendar.day import brussels_day, day_text

    return day_text(brussels_day(datetime.now(UTC)))
