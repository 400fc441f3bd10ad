"""A sex as it is written on a command line."""

from __future__ import annotations

import typer

from raas.cli.texts import tr
from raas.v1.identity_pb2 import Sex

_SEXES = {"F": Sex.SEX_FEMALE, "M": Sex.SEX_MALE}
_LETTERS = {sex: letter for letter, sex in _SEXES.items()}


def parse_sex(text: str | None) -> Sex.ValueType | None:
    """The sex of the option `--sex`. Raises BadParameter."""
    if text is None:
        return None
    if (sex := _SEXES.get(text.upper())) is None:
        raise typer.BadParameter(tr("--sex is F or M"))
    return sex


def sex_letter(sex: Sex.ValueType) -> str:
    """F, M, or nothing."""
    return _LETTERS.get(sex, "")
