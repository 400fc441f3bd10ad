"""ListMutations: the log page by page, for clients that poll and for support."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from raas.domain.errors import Refused, Violation
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.answer_size import ANSWER_BYTES
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import page_size_of
from raas.usecases.calls.successors import unite
from raas.usecases.feed.segments import Segment, segment_of
from raas.usecases.feed.start_position import require_kept, require_log
from raas.usecases.feed.subscribe import log_filter
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.log import EVERYTHING, LogEntry, LogFilter, LogHead, LogStore, ReadLimits

_FILTERED_REVISIONS = 20_000
"""Revisions that one read examines for matches of a filter."""

_READS = 10
"""The most reads for one answer, where few revisions match."""

_ENTRY_BYTES = 512
"""An upper estimate of the bytes of a mutation beside its lines."""


@dataclass(frozen=True, slots=True)
class MutationQuery:
    """A request of ListMutations."""

    after_revision: int
    dossier_types: tuple[str, ...] = ()
    kinds: tuple[int, ...] = ()
    niss: Niss | None = None
    page_size: int = 0
    log_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MutationPage:
    """All matching mutations through `through_revision`, which lies inside no group."""

    entries: Sequence[LogEntry]
    through_revision: int
    head: LogHead
    resolved: tuple[tuple[Niss, Niss], ...]
    """The requested NISS and its final successor, if it was replaced."""


class ListMutations:
    """The use case ListMutations."""

    def __init__(self, logs: LogStore, source: AuthenticSource) -> None:
        self._logs = logs
        self._source = source

    async def page(self, call: Call, register: AdmittedRegister, asked: MutationQuery) -> MutationPage:
        """What follows a revision, up to the page size and the end of the group that it falls into.

        An answer may be empty, or hold fewer, although more follow: go on from its `through_revision`. It
        holds no more than clients accept in a message, unless one group alone is more than that.

        Raises Refused: VALUE_INVALID, DOSSIER_TYPE_UNKNOWN, LOG_REPLACED, REVISION_EXPIRED,
        REVISION_IN_FUTURE; StoreUnavailable, SourceUnavailable.
        """
        size = page_size_of(asked.page_size)
        try:
            which = await log_filter(self._logs, register.id, asked.dossier_types, asked.kinds)
        except Refused:
            raise Refused(await self.violations(register, asked)) from None
        resolved: tuple[tuple[Niss, Niss], ...] = ()
        if asked.niss is not None:
            united = await unite(self._source, asked.niss)
            resolved, which = united.resolved, replace(which, nisses=united.numbers)
        entries: list[LogEntry] = []
        through = asked.after_revision
        for _ in range(_READS):
            run, head = await self._run(register.id, through, which, size - len(entries), asked)
            if run.through is None:
                if entries:
                    break
                # One group is more than the page: all of it, for nobody can go on from inside.
                run, head = await self._group(register.id, through, which, run)
            entries += run.entries
            assert run.through is not None
            through = run.through
            if (fitting := _fitting(entries)) is not None:
                entries, through = entries[:fitting], entries[fitting - 1].batch_last_revision
                break
            if len(entries) >= size or through >= head.latest.revision:
                break
        return MutationPage(entries, through, head, resolved)

    async def violations(self, register: AdmittedRegister, asked: MutationQuery) -> Sequence[Violation]:
        """The violations that the state of the register adds to a request that is refused already."""
        found: list[Violation] = []
        head = (await self._logs.heads((register.id,)))[register.id]
        try:
            await log_filter(self._logs, register.id, asked.dossier_types, asked.kinds)
        except Refused as refused:
            found += refused.violations
        try:
            require_log(head, asked.log_id)
            require_kept(head, asked.after_revision, "after_revision")
        except Refused as refused:
            found += refused.violations
        return found

    async def _run(
        self, register_id: int, after: int, which: LogFilter, size: int, asked: MutationQuery
    ) -> tuple[Segment, LogHead]:
        revisions = size if which == EVERYTHING else _FILTERED_REVISIONS
        page = (await self._logs.read({register_id: after}, which, ReadLimits(revisions, size)))[register_id]
        require_log(page.head, asked.log_id)
        require_kept(page.head, after, "after_revision")
        return segment_of(page), page.head

    async def _group(
        self, register_id: int, after: int, which: LogFilter, begun: Segment
    ) -> tuple[Segment, LogHead]:
        revisions = begun.entries[-1].batch_last_revision - after
        reach = ReadLimits(revisions, revisions + 1)
        page = (await self._logs.read({register_id: after}, which, reach))[register_id]
        require_kept(page.head, after, "after_revision")
        return segment_of(page), page.head


def _fitting(entries: Sequence[LogEntry]) -> int | None:
    """How many entries, up to the end of a group, an answer can hold; None = all of them."""
    size = begun = 0
    for index, entry in enumerate(entries):
        if index and entry.batch_last_revision != entries[index - 1].batch_last_revision:
            begun = index
        # A line takes two bytes more in a message than in the text of the log.
        size += _ENTRY_BYTES + (len(entry.before) + len(entry.after)) * 11 // 10
        if size > ANSWER_BYTES and begun:
            return begun
    return None
