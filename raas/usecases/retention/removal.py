"""Remove what was kept for its period, class by class, or count what is due."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from raas.domain.calendar.age import Age
from raas.domain.calendar.day import brussels_day
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import Register
from raas.usecases.admin.erase import EraseContents
from raas.usecases.admin.trim import TrimProgress, TrimTarget, trim
from raas.usecases.ports.maintenance import AuditRemoval, DueContents, RequestAnswers, TrimStore
from raas.usecases.ports.subscriber_store import SubscriberKey
from raas.usecases.retention.classes import REMOVED, DataClass, Periods, month_begun
from raas.usecases.retention.contents import ForgottenContents
from raas.usecases.retention.lines import ExpiredLines, ExpireLines

Progress = Callable[[DataClass, int], None]
"""Receives the class at work, and the number removed so far of the register or the part at hand."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a class: so many `things` are due, or were removed.

    `lines` are those of a dossier type. `held_by` is the subscriber that holds back trimming.
    """

    number: int
    things: str
    register: EnterpriseNumber | None = None
    lines: ExpiredLines | None = None
    held_by: SubscriberKey | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The parts of a class; a part without anything due may be left out."""

    data_class: DataClass
    parts: Sequence[Part] = ()

    @property
    def number(self) -> int:
        """All parts together."""
        return sum(part.number for part in self.parts)

    @property
    def is_held_back(self) -> bool:
        """Whether a subscriber holds back a part."""
        return any(part.held_by for part in self.parts)


@dataclass(frozen=True, slots=True)
class RetentionStores:
    """The stores and use cases that remove the classes."""

    trims: TrimStore
    contents: DueContents
    requests: RequestAnswers
    audit: AuditRemoval


class Retention:
    """The use cases of `raas retention`.

    Both answer one outcome for each class, as soon as it is complete. They raise StoreUnavailable,
    CommitUnknown, StoreFault, JournalUnavailable; completed batches are kept, and another call goes on.
    """

    def __init__(
        self,
        stores: RetentionStores,
        lines: ExpireLines,
        erasing: EraseContents,
        forgotten: ForgottenContents,
        periods: Periods,
        now: datetime,
    ) -> None:
        self._stores = stores
        self._lines = lines
        self._erasing = erasing
        self._forgotten = forgotten
        self._periods = periods
        self._now = now

    async def due(
        self, registers: Sequence[Register], classes: Collection[DataClass]
    ) -> AsyncIterator[Outcome]:
        """Count what is due now; removes nothing."""
        for data_class in REMOVED:
            if data_class in classes:
                yield Outcome(data_class, await self._due(data_class, registers))

    async def remove(
        self,
        registers: Sequence[Register],
        classes: Collection[DataClass],
        progress: Progress = lambda *_: None,
    ) -> AsyncIterator[Outcome]:
        """Remove what is due now, in batches between which servers proceed."""
        for data_class in REMOVED:
            if data_class in classes:
                told = partial(progress, data_class)
                yield Outcome(data_class, await self._remove(data_class, registers, told))

    async def _due(self, data_class: DataClass, registers: Sequence[Register]) -> Sequence[Part]:
        parts: list[Part] = []
        match data_class:
            case DataClass.LINES:
                for register in registers:
                    parts += _of_lines(register, await self._lines.due(register, self._today))
            case DataClass.LOG:
                for register in registers:
                    parts += await self._due_log(register)
            case DataClass.CONTENTS:
                parts += await self._due_contents()
            case DataClass.REQUESTS:
                parts.append(Part(await self._stores.requests.count_expired_requests(), "answers"))
            case DataClass.AUDIT if before := self._audit_before:
                partitions = await self._stores.audit.partitions_before(before)
                parts.append(Part(len(partitions), "partitions"))
        return parts

    async def _remove(
        self, data_class: DataClass, registers: Sequence[Register], progress: Callable[[int], None]
    ) -> Sequence[Part]:
        parts: list[Part] = []
        match data_class:
            case DataClass.LINES:
                for register in registers:
                    removed = await self._lines.remove(
                        register, self._today, lambda each: progress(each.lines)
                    )
                    parts += _of_lines(register, removed)
            case DataClass.LOG:
                for register in registers:
                    parts += await self._trim(register, lambda each: progress(each.deleted))
            case DataClass.CONTENTS:
                parts += await self._erase(progress)
            case DataClass.REQUESTS:
                parts.append(Part(await self._stores.requests.delete_expired_requests(), "answers"))
            case DataClass.AUDIT if before := self._audit_before:
                records = await self._stores.audit.remove_before(before)
                parts.append(Part(len(records.partitions) if records else 0, "partitions"))
        return parts

    @property
    def _today(self) -> int:
        return brussels_day(self._now)

    @property
    def _audit_before(self) -> datetime | None:
        """The beginning of the first month of which records are kept."""
        age = self._periods.audit
        return None if age is None else month_begun(age.before(self._now))

    async def _due_log(self, register: Register) -> Sequence[Part]:
        if self._periods.log is None:
            return ()
        goal = await self._stores.trims.revision_at(register.id, self._periods.log.before(self._now))
        return _some(Part(goal - max(register.oldest_revision, 1), "mutations", register.enterprise_number))

    async def _trim(self, register: Register, progress: Callable[[TrimProgress], None]) -> Sequence[Part]:
        if self._periods.log is None:
            return ()
        target = TrimTarget(instant=self._periods.log.before(self._now))
        done = await trim(self._stores.trims, register, target, now=self._now, progress=progress)
        number = register.enterprise_number
        return _some(Part(done.deleted, "mutations", number, held_by=done.held_by))

    async def _due_contents(self) -> Sequence[Part]:
        age = self._periods.contents
        if age is None:
            return ()
        older = await self._stores.contents.count_before(age.before(self._now))
        forgotten = await self._forgotten.due(self._now)
        return [Part(older, "contents"), Part(forgotten, "numbers that no register knows")]

    async def _erase(self, progress: Callable[[int], None]) -> Sequence[Part]:
        age = self._periods.contents
        if age is None:
            return ()
        older = await self._erasing.by_age(self._now, age, progress=progress)
        forgotten = await self._forgotten.erase(self._now, progress)
        return [Part(older, "contents"), Part(forgotten, "contents about persons that no register knows")]


def _of_lines(register: Register, found: Sequence[ExpiredLines]) -> list[Part]:
    return [Part(each.lines, "lines", register.enterprise_number, each) for each in found]


def _some(part: Part) -> Sequence[Part]:
    """The part, unless there is nothing to tell of it."""
    return (part,) if part.number > 0 or part.held_by else ()


def period_text(data_class: DataClass, periods: Periods) -> str:
    """How long a class is kept, as the command shows it."""
    texts: dict[DataClass, str] = {
        DataClass.LINES: "by dossier type",
        DataClass.LOG: _age_text(periods.log),
        DataClass.CONTENTS: _age_text(periods.contents),
        DataClass.REQUESTS: "7 days",
        DataClass.AUDIT: _age_text(periods.audit),
    }
    return texts.get(data_class, "by the organisation")


def _age_text(age: Age | None) -> str:
    if age is None:
        return "no limit"
    return f"{age.days} days" if age.days or not age.months else f"{age.months} months"
