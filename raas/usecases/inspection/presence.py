"""Whether an answer about many persons held a certain person, by the log of the register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from raas.domain.audit.record import AuditRecord, RecordKind
from raas.domain.calendar.day import parse_day, parse_period
from raas.domain.calendar.periods import Lines, Period
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.usecases.ports.audit.search import LAST_REVISION, Extent
from raas.usecases.ports.read_store import DossierFilter

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

EXTENT_SECONDS = 120
"""A stream sends nothing within an extent that was reserved longer ago, and reserves another one."""

_RECORDED_APART = frozenset({"Import", "ImportPersons"})
"""RPCs whose records about many rows name no person: each part has a record that does."""

_Dossier = tuple[Niss, str]


class Certainty(IntEnum):
    """Whether a record about many persons concerns the person asked for; values as in the contract."""

    CERTAIN = 1
    POSSIBLE = 2
    """The log of the register no longer tells."""


@dataclass(frozen=True, slots=True)
class Presence:
    """The presence of a person in a register, as its log tells it.

    `oldest_revision` is the beginning of the log: earlier mutations were trimmed. `mutations` are those about
    the numbers of the person since then, oldest first; `now` has the dossiers with lines.
    """

    register: EnterpriseNumber
    oldest_revision: int
    mutations: Sequence[Mutation]
    now: Mapping[_Dossier, Lines]
    _changes: Mapping[_Dossier, Sequence[Mutation]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        changes: dict[_Dossier, list[Mutation]] = {}
        for each in self.mutations:
            if each.niss is not None and each.dossier_type is not None:
                changes.setdefault((each.niss, each.dossier_type), []).append(each)
        object.__setattr__(self, "_changes", changes)

    def extents(self) -> Sequence[Extent]:
        """The revisions in which an answer may have held the person."""
        revisions = sorted({each.revision for each in self.mutations})
        found = [Extent(self.register, False, each, each) for each in revisions]
        if self.oldest_revision:
            found.append(Extent(self.register, False, 0, self.oldest_revision))
            found.append(Extent(self.register, True, 0, self.oldest_revision - 1))
        starts = [self.oldest_revision, *revisions]
        ends = [each - 1 for each in revisions] + [LAST_REVISION]
        for start, end in zip(starts, ends, strict=True):
            if any(self._lines(dossier, start) for dossier in {*self._changes, *self.now}):
                found.append(Extent(self.register, True, start, end))
        return found

    def certainty(self, record: AuditRecord) -> Certainty | None:
        """Whether the answer of this record held the person; None = it did not."""
        bulk = record.bulk
        if bulk is None or record.rpc.rpartition("/")[2] in _RECORDED_APART:
            return None
        if bulk.first_revision is not None:
            return self._in_stream(record, bulk.first_revision, bulk.last_revision or bulk.first_revision)
        revision = record.revision if bulk.last_revision is None else bulk.last_revision
        return None if revision is None else self._in_state(bulk.filter, revision)

    def _in_stream(self, record: AuditRecord, first: int, last: int) -> Certainty | None:
        which: Mapping[str, Any] = record.bulk.filter if record.bulk else {}
        until = _EPOCH + record.time * _MICROSECOND + timedelta(seconds=EXTENT_SECONDS)
        for each in self.mutations:
            if (
                first <= each.revision <= last
                and _is_of_types(each, which)
                and ("kinds" not in which or each.kind.name in which["kinds"])
                and (record.kind is not RecordKind.EXTENT or each.record_time <= until)
            ):
                return Certainty.CERTAIN
        return Certainty.POSSIBLE if first <= self.oldest_revision else None

    def _in_state(self, which: Mapping[str, Any], revision: int) -> Certainty | None:
        if revision < self.oldest_revision:
            return Certainty.POSSIBLE
        condition = _condition(which)
        for dossier in {*self._changes, *self.now}:
            lines = self._lines(dossier, revision)
            if lines and condition.matches(dossier[1], lines):
                return Certainty.CERTAIN
        return None

    def _lines(self, dossier: _Dossier, revision: int) -> Lines:
        """The lines of a dossier as of a revision from `oldest_revision` on."""
        changes = self._changes.get(dossier, ())
        if not changes:
            return self.now.get(dossier, ())
        known = [each for each in changes if each.revision <= revision]
        return known[-1].after if known else changes[0].before


def _is_of_types(mutation: Mutation, which: Mapping[str, Any]) -> bool:
    concerned = {*mutation.dossier_types, *([mutation.dossier_type] if mutation.dossier_type else ())}
    return all(
        concerned.intersection(which[name]) for name in ("dossier_types", "visible_types") if name in which
    )


def _condition(which: Mapping[str, Any]) -> DossierFilter:
    """The filter of an answer, from the form in which it is recorded."""
    visible = which.get("visible_types")
    return DossierFilter(
        dossier_types=tuple(which.get("dossier_types", ())),
        overlaps=_period(which.get("overlaps")),
        active_on=parse_day(which["active_on"]) if "active_on" in which else None,
        ends_between=_period(which.get("ends_between")),
        within=None if visible is None else frozenset(visible),
    )


def _period(form: Mapping[str, str] | None) -> Period | None:
    if form is None:
        return None
    period = parse_period("", form.get("begin"), form.get("end"), begin_required=False)
    if not isinstance(period, Period):
        raise ValueError("the period of a filter is not valid")
    return period
