"""Consult and Export: the dossiers of a register, now or as recorded earlier."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from raas.domain.errors import Refused, Violation
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import MAX_PAGE_SIZE, Pages, page_size_of, page_token_invalid
from raas.usecases.calls.successors import follow, is_current
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.niss_history import NissHistory, ReadAs
from raas.usecases.ports.read_store import DossierFilter, DossierPage, DossierView, ReadStore
from raas.usecases.reads.as_of import AsOf, revision_asked
from raas.usecases.reads.past_numbers import PastNumbers, history_unknown
from raas.usecases.reads.restricted import ReadsOfCallers

_PART_BYTES = 256 * 1024
_DOSSIER_BYTES, _LINE_BYTES = 64, 28
"""The approximate sizes of a dossier and of a line in a message."""
_NOBODY = Niss(0)
"""No number: a filter with it reads no dossier, but is checked as any other filter."""


@dataclass(frozen=True, slots=True)
class ConsultAnswer:
    """A page of dossiers as of one revision; `next_page_token` "" = this was the last."""

    dossiers: tuple[DossierView, ...]
    next_page_token: str
    revision: int
    resolved: tuple[tuple[Niss, Niss], ...]
    """Numbers asked that were read as their final successors: (asked, successor)."""


@dataclass(frozen=True, slots=True)
class ExportPart:
    """Some dossiers of an export, for one message."""

    dossiers: tuple[DossierView, ...]
    revision: int


@dataclass(frozen=True, slots=True)
class _Question:
    """The part of a request that is the same for all pages; the token carries it."""

    revision: int | None
    """None = now: the first page decides."""
    resolved: tuple[tuple[Niss, Niss], ...]

    def applied(self, which: DossierFilter) -> DossierFilter:
        """The filter with successors instead of replaced numbers, each number once."""
        successors = dict(self.resolved)
        return replace(which, nisses=tuple(dict.fromkeys(successors.get(n, n) for n in which.nisses)))


class Consult:
    """The use cases Consult and Export."""

    def __init__(self, reads: ReadStore, source: AuthenticSource, history: NissHistory, pages: Pages) -> None:
        self._reads = ReadsOfCallers(reads, history)
        self._source = source
        self._pages = pages

    async def page(
        self,
        call: Call,
        register: AdmittedRegister,
        which: DossierFilter,
        as_of: AsOf | None,
        page_size: int,
        page_token: str,
    ) -> ConsultAnswer:
        """Dossiers in order of (niss, dossier type code); all pages are as of the first one's revision.

        As of an earlier revision a number has the status that it had then. A page may hold fewer dossiers
        than requested although more follow. With a token, `as_of` is None or equal to that of the first page.

        Raises Refused: VALUE_INVALID, PAGE_TOKEN_INVALID, DOSSIER_TYPE_UNKNOWN, REVISION_EXPIRED,
        REVISION_IN_FUTURE; StoreUnavailable, SourceUnavailable.
        """
        size = page_size_of(page_size)
        token = self._pages.open(page_token, call, register.id, which)
        asked_as_of = None if as_of is None else _as_of_json(as_of)
        if token is None:
            question, page = await self._first_page(register, which, as_of, size)
        else:
            if asked_as_of not in (None, token["as_of"]):
                raise page_token_invalid()
            asked_as_of = token["as_of"]
            question, after = _from_token(token)
            applied = question.applied(which)
            reads = self._reads.within(register.view).store
            page = await reads.page(register.id, applied, question.revision, after, size)
        next_page_token = ""
        if page.more:
            last = page.dossiers[-1]
            content = {
                "revision": page.revision,
                "after": (last.niss, last.dossier_type),
                "resolved": question.resolved,
                "as_of": asked_as_of,
            }
            next_page_token = self._pages.seal(call, register.id, which, content)
        return ConsultAnswer(page.dossiers, next_page_token, page.revision, question.resolved)

    async def violations(
        self, register: AdmittedRegister, which: DossierFilter, as_of: AsOf | None
    ) -> Sequence[Violation]:
        """Violations of the state by the types and `as_of`, for a request that has others already."""
        reads = self._reads.within(register.view).store
        found: list[Violation] = []
        revision = None
        try:
            revision = await revision_asked(reads, register.id, as_of)
        except Refused as refused:
            found += refused.violations
        try:
            nobodys = DossierFilter(nisses=(_NOBODY,), dossier_types=which.dossier_types)
            await reads.page(register.id, nobodys, revision, None, 1)
        except Refused as refused:
            found += refused.violations
        return found

    async def export(
        self, call: Call, register: AdmittedRegister, which: DossierFilter, as_of: AsOf | None
    ) -> AsyncIterator[ExportPart]:
        """All dossiers in the order of Consult, as of one revision; at least one part, even when empty.

        A part holds at most 1,000 dossiers or about 256 KiB, and at least one dossier. It needs the memory of
        one page, however slowly the parts are consumed. Raises like `page`; StoreUnavailable also when the
        deadline of the call passed.
        """
        question, page = await self._first_page(register, which, as_of, MAX_PAGE_SIZE)
        reads = self._reads.within(register.view).store
        applied, revision = question.applied(which), page.revision
        while True:
            if call.expired:
                raise StoreUnavailable("the deadline passed between two pages of an export")
            for dossiers in _parts(page.dossiers):
                yield ExportPart(dossiers, revision)
            if not page.more:
                return
            after = page.dossiers[-1].niss, page.dossiers[-1].dossier_type
            page = await reads.page(register.id, applied, revision, after, MAX_PAGE_SIZE)

    async def _first_page(
        self, register: AdmittedRegister, which: DossierFilter, as_of: AsOf | None, size: int
    ) -> tuple[_Question, DossierPage]:
        """The question that all pages answer, and the first of them.

        As of now, both reads are repeated when a number is replaced or restored between them.
        """
        reads = self._reads.within(register.view).store
        if as_of is not None:
            question = await self._question(register, which, as_of)
            applied = question.applied(which)
            return question, await reads.page(register.id, applied, question.revision, None, size)
        while True:
            followed = await follow(self._source, which.nisses)
            question = _Question(None, followed.resolved)
            page = await reads.page(register.id, question.applied(which), None, None, size)
            held = {dossier.niss for dossier in page.dossiers}
            if await is_current(self._source, followed, followed.doubtful(which.nisses, held)):
                return question, page

    async def _question(self, register: AdmittedRegister, which: DossierFilter, as_of: AsOf) -> _Question:
        """The question as of an earlier time: its numbers are resolved once, as of one instant."""
        reads = self._reads.within(register.view)
        revision = await revision_asked(reads.store, register.id, as_of)
        if revision is None or not which.nisses:
            return _Question(revision, ())
        read = await _read_as(reads.past, register.id, revision, which.nisses, as_of.instant)
        if unknown := [index for index, niss in enumerate(which.nisses) if niss not in read]:
            found = await self.violations(register, which, as_of)
            raise Refused([*found, *(history_unknown(f"niss[{index}]") for index in unknown)])
        finals = ((niss, read[niss].niss) for niss in dict.fromkeys(which.nisses))
        return _Question(revision, tuple((niss, final) for niss, final in finals if final != niss))


async def _read_as(
    past: PastNumbers, register_id: int, revision: int, nisses: Sequence[Niss], instant: datetime | None
) -> Mapping[Niss, ReadAs]:
    """The numbers as of the instant, or just before the next revision was recorded."""
    if instant is None:
        return await past.at_revision(register_id, revision, nisses)
    keys = [(register_id, niss) for niss in nisses]
    read = await past.at_instant(keys, {register_id: revision}, instant)
    return {niss: read_as for (_, niss), read_as in read.items()}


def _parts(dossiers: tuple[DossierView, ...]) -> Sequence[tuple[DossierView, ...]]:
    """The dossiers of a page in parts of about _PART_BYTES; one empty part when there are none."""
    parts, begin, size = [], 0, 0
    for index, dossier in enumerate(dossiers):
        length = _DOSSIER_BYTES + _LINE_BYTES * len(dossier.lines)
        if size and size + length > _PART_BYTES:
            parts.append(dossiers[begin:index])
            begin, size = index, 0
        size += length
    parts.append(dossiers[begin:])
    return parts


def _from_token(token: Mapping[str, Any]) -> tuple[_Question, tuple[Niss, str]]:
    niss, code = token["after"]
    resolved = tuple((Niss(asked), Niss(successor)) for asked, successor in token["resolved"])
    return _Question(token["revision"], resolved), (niss, code)


def _as_of_json(as_of: AsOf) -> Any:
    return as_of.revision if as_of.instant is None else as_of.instant.isoformat()
