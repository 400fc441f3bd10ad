"""The file of RAAS_LIMITS: the limits of callers, in TOML.

read_calls_per_second = 200                 # of every caller

[callers."0999999922"]                      # of each application of this organisation
read_calls_per_second = 2000

[callers."0999999922/PAYROLL"]              # of this application
persons_shown_per_day = 50000

A limit that is not given is that of the organisation, else that of every caller, else the default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import parse_enterprise_number
from raas.usecases.limits.limits import CallerLimits, LimitTable

_NAMES = tuple(field.name for field in fields(CallerLimits))
_CALLERS = "callers"
_LARGEST = 1_000_000_000


def load_limits(path: Path | None) -> LimitTable:
    """The limits in a file, None = the defaults. Raises ValueError with a line for each problem."""
    if path is None:
        return LimitTable()
    try:
        content = tomllib.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None
    problems = list(_problems(content))
    if problems:
        raise ValueError("; ".join(f"{path}: {problem}" for problem in problems))
    return _table(content)


def _table(content: Mapping[str, Any]) -> LimitTable:
    default = replace(CallerLimits(), **{name: content[name] for name in _NAMES if name in content})
    callers = content.get(_CALLERS, {})
    organisations = {
        parse_enterprise_number(caller): replace(default, **limits)
        for caller, limits in callers.items()
        if "/" not in caller
    }
    applications = {}
    for caller, limits in callers.items():
        number, slash, application = caller.partition("/")
        if slash:
            organisation = parse_enterprise_number(number)
            own = replace(organisations.get(organisation, default), **limits)
            applications[organisation, application] = own
    return LimitTable(default, applications, organisations)


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    own = {name: value for name, value in content.items() if name != _CALLERS}
    yield from _wrong_limits("", own)
    callers = content.get(_CALLERS, {})
    if not isinstance(callers, dict):
        yield f"{_CALLERS} must be a table"
        return
    for caller, limits in callers.items():
        try:
            parse_enterprise_number(caller.partition("/")[0])
        except Invalid:
            yield f'{_CALLERS}."{caller}" must be an enterprise number, or one and /APPLICATION'
        if isinstance(limits, dict):
            yield from _wrong_limits(f'{_CALLERS}."{caller}".', limits)
        else:
            yield f'{_CALLERS}."{caller}" must be a table'


def _wrong_limits(place: str, limits: Mapping[str, Any]) -> Iterator[str]:
    for name, value in limits.items():
        if name not in _NAMES:
            yield f"{place}{name} is not a limit; limits are {', '.join(_NAMES)}"
        elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LARGEST:
            yield f"{place}{name} must be a whole number from 1 to {_LARGEST}"
