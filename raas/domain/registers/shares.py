"""Shares: the days that each number brought to a dossier that unites several numbers of one person.

When a number is replaced, its lines are merged into those of its successor. If the replacement proves
wrong, they must be separated again. So from the replacement on, a united dossier keeps one share for
every number whose days it holds. The union of the shares always equals the lines of the dossier.

An inscription is added to the share of the number in the request. A removal takes its days from every
share: the owner stated that the person is not known on them. If the request named another number than that of
the share, it is unknown which person was meant; such days are kept as `inseparable`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from raas.domain.calendar.day import BEGINNING, OPEN, through_open_end
from raas.domain.calendar.periods import Lines, Period, difference, normalise, union
from raas.domain.numbers.niss import Niss

_ALWAYS = Period(BEGINNING, OPEN)


@dataclass(frozen=True, slots=True)
class Share:
    """The days that one number brought; `inseparable`: those removed since under another number."""

    lines: Lines
    inseparable: Lines = ()


Shares = Mapping[Niss, Share]
"""The shares of one dossier by the number that brought the days; empty = nothing was united."""


@dataclass(frozen=True, slots=True)
class Separation:
    """A united dossier taken apart: the lines that go and stay, and the days that cannot be attributed."""

    given_back: Lines
    kept: Lines
    inseparable: Lines
    given_back_shares: Shares
    kept_shares: Shares


def unite(
    old: Niss, old_lines: Lines, old_shares: Shares, new: Niss, new_lines: Lines, new_shares: Shares
) -> Shares:
    """The shares of `new` after it replaced `old`."""
    return {
        **(new_shares or {new: Share(new_lines)}),
        **(old_shares or {old: Share(old_lines)}),
    }


def inscribe_share(shares: Shares, asked: Niss, period: Period) -> Shares:
    """The shares after a period was inscribed under the number `asked`."""
    share = shares.get(asked, Share(()))
    lines, _ = union(share.lines, period)
    inseparable, _ = difference(share.inseparable, through_open_end(period))
    return {**shares, asked: Share(lines, inseparable)}


def remove_share(shares: Shares, asked: Niss, period: Period | None) -> Shares:
    """The shares after a period (None = everything) was removed under the number `asked`.

    A number that removes days from the shares of others gets a share itself, even an empty one: when it is
    restored, those days must be reported as possibly meant.
    """
    taken = _ALWAYS if period is None else through_open_end(period)
    after: dict[Niss, Share] = {}
    for niss, share in shares.items():
        lines, removed = difference(share.lines, taken)
        inseparable = share.inseparable
        if niss == asked:
            inseparable, _ = difference(inseparable, taken)
        elif removed:
            inseparable = normalise((*inseparable, *removed))
            after.setdefault(asked, Share(()))
        after[niss] = Share(lines, inseparable)
    return after


def forget_days(shares: Shares, period: Period) -> Shares:
    """The shares after the days of a period expired: no number keeps any of them, attributed or not."""
    after = {}
    for niss, share in shares.items():
        (lines, _), (inseparable, _) = (difference(each, period) for each in (share.lines, share.inseparable))
        after[niss] = Share(lines, inseparable)
    return after


def separate(shares: Shares, restored: Niss, going: Iterable[Niss], staying: Niss) -> Separation:
    """Take out the shares of `restored` and of the numbers `going` with it; the rest is that of `staying`."""
    gone = {restored, *going}
    given = {niss: share for niss, share in shares.items() if niss in gone}
    kept = {niss: share for niss, share in shares.items() if niss not in gone}
    inseparable = normalise(line for share in shares.values() for line in share.inseparable)
    return Separation(
        _lines(given),
        _lines(kept),
        inseparable,
        given if set(given) - {restored} else {},
        kept if set(kept) - {staying} else {},
    )


def _lines(shares: Shares) -> Lines:
    return normalise(line for share in shares.values() for line in share.lines)
