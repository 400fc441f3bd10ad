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
from raas.usecases.calls.pagination import Pages, page_size_of, page_token_invalid
from raas.usecases.calls.successors import unite
from raas.usecases.feed.read_size import bounded, read_limits
from raas.usecases.feed.segments import Segment, segment_of
from raas.usecases.feed.start_position import require_kept, require_log
from raas.usecases.feed.subscribe import log_filter
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.log import LogEntry, LogFilter, LogHead, LogStore

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
    page_token: str = ""


@dataclass(frozen=True, slots=True)
class MutationPage:
    """All matching mutations through `through_revision`, which lies inside no group, or a part of a group.

    A group that exceeds one answer comes in parts: `next_page_token` asks for the next part, and
    `through_revision` stays before the group until its last part.
    """

    entries: Sequence[LogEntry]
    through_revision: int
    head: LogHead
    resolved: tuple[tuple[Niss, Niss], ...]
    """The requested NISS and its final successor, if it was replaced."""
    next_page_token: str = ""


class ListMutations:
    """The use case ListMutations."""

    def __init__(self, logs: LogStore, source: AuthenticSource, pages: Pages) -> None:
        self._logs = logs
        self._source = source
        self._pages = pages

    async def page(self, call: Call, register: AdmittedRegister, asked: MutationQuery) -> MutationPage:
        """The mutations after a revision, up to the page size and the end of the group there.

        An answer may have fewer mutations, or none, although more follow: continue with its
        `through_revision`. It never exceeds the size that clients accept, except for a single mutation.

        Raises Refused: VALUE_INVALID, DOSSIER_TYPE_UNKNOWN, PAGE_TOKEN_INVALID, LOG_REPLACED,
        REVISION_EXPIRED, REVISION_IN_FUTURE; StoreUnavailable, SourceUnavailable.
        """
        size = page_size_of(asked.page_size)
        try:
            which = await log_filter(self._logs, register, asked.dossier_types, asked.kinds)
        except Refused:
            raise Refused(await self.violations(register, asked)) from None
        use = which if asked.niss is None else replace(which, nisses=(asked.niss,))
        position, log_id = self._position(call, register, asked, use)
        resolved: tuple[tuple[Niss, Niss], ...] = ()
        if asked.niss is not None:
            united = await unite(self._source, asked.niss)
            resolved, which = united.resolved, replace(which, nisses=united.numbers)
        answer = _Answer(asked.after_revision, position, size)
        for _ in range(_READS):
            segment, head = await self._read(register.id, answer, which, log_id)
            if not answer.add(segment) or answer.through >= head.latest.revision:
                break
        while answer.inside_group:
            segment, head = await self._read(register.id, answer, which, log_id)
            answer.add(segment)
        token = ""
        if answer.position > answer.through:
            content = {"after": answer.through, "position": answer.position, "log_id": str(head.log_id)}
            token = self._pages.seal(call, register.id, use, content)
        return MutationPage(answer.entries, answer.through, head, resolved, token)

    async def violations(self, register: AdmittedRegister, asked: MutationQuery) -> Sequence[Violation]:
        """The violations that the state of the register adds to a request that is refused already."""
        found: list[Violation] = []
        head = (await self._logs.heads((register.id,)))[register.id]
        try:
            await log_filter(self._logs, register, asked.dossier_types, asked.kinds)
        except Refused as refused:
            found += refused.violations
        try:
            require_log(head, asked.log_id)
            require_kept(head, asked.after_revision, "after_revision")
        except Refused as refused:
            found += refused.violations
        return found

    def _position(
        self, call: Call, register: AdmittedRegister, asked: MutationQuery, use: LogFilter
    ) -> tuple[int, UUID | None]:
        """The revision after which to read, inside a group with a page token, and its log."""
        token = self._pages.open(asked.page_token, call, register.id, use)
        if token is None:
            return asked.after_revision, asked.log_id
        if token["after"] != asked.after_revision:
            raise page_token_invalid()
        return token["position"], UUID(token["log_id"])

    async def _read(
        self, register_id: int, answer: _Answer, which: LogFilter, log_id: UUID | None
    ) -> tuple[Segment, LogHead]:
        limits = read_limits(which, answer.wanted)
        page = (await self._logs.read({register_id: answer.position}, which, limits))[register_id]
        require_log(page.head, log_id)
        require_kept(page.head, answer.position, "after_revision")
        return segment_of(page), page.head


class _Answer:
    """The entries of an answer while it is read."""

    def __init__(self, after_revision: int, position: int, size: int) -> None:
        self.entries: list[LogEntry] = []
        self.through = after_revision
        """The end of the last complete group."""
        self.position = position
        """The revision through which the log was read: beyond `through` while inside a group."""
        self._after = after_revision
        self._size = size
        self._bytes = 0
        self._group_begin = 0
        self._full = False

    @property
    def inside_group(self) -> bool:
        """Whether more of the group must be read."""
        return self.position > self.through and not self._full

    @property
    def wanted(self) -> int:
        """The number of entries to read next."""
        if not (self.entries and self.inside_group):
            return max(1, self._size - len(self.entries))
        average = self._bytes // len(self.entries)
        return bounded((ANSWER_BYTES - self._bytes) // average + 1)

    def add(self, segment: Segment) -> bool:
        """Add a segment as far as there is room; returns whether another group may be read."""
        if segment.through is None and self.entries and self.position == self.through:
            # A group that does not fit with the entries before it: the next answer begins with it.
            return False
        for entry in segment.entries:
            if not self._add_entry(entry):
                self._full = True
                return False
        self.position = segment.position
        if segment.through is not None:
            self.through = segment.through
        return self.position == self.through and len(self.entries) < self._size

    def _add_entry(self, entry: LogEntry) -> bool:
        """Add an entry; if there is no room, end the answer after the last group, or inside the only one."""
        entries = self.entries
        if entries and entry.batch_last_revision != entries[-1].batch_last_revision:
            self._group_begin = len(entries)
        # A line takes two bytes more in a message than in the text of the log.
        self._bytes += _ENTRY_BYTES + (len(entry.before) + len(entry.after)) * 11 // 10
        complete = len(entries) >= self._size and self._group_begin == len(entries)
        if not entries or not (complete or self._bytes > ANSWER_BYTES):
            entries.append(entry)
            return True
        if self._group_begin:
            del entries[self._group_begin :]
            self.through = self.position = entries[-1].batch_last_revision
        else:
            self.through, self.position = self._after, entries[-1].revision
        return False
