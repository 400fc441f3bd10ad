"""GetHistory: the mutations of a person in a register, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from raas.domain.errors import Refused, Violation
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages, page_size_of
from raas.usecases.calls.successors import United, unite
from raas.usecases.calls.token_use import HistoryFilter
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.read_store import ReadStore
from raas.usecases.ports.registers import RegisterStore
from raas.usecases.reads.hidden import shown_history
from raas.usecases.reads.restricted import reads_within


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """A page of mutations in order of revision; `next_page_token` "" = this was the last."""

    mutations: Sequence[Mutation]
    next_page_token: str
    resolved: tuple[tuple[Niss, Niss], ...]
    """The number asked and its final successor, when it was replaced."""


class History:
    """The use case GetHistory."""

    def __init__(
        self, reads: ReadStore, registers: RegisterStore, source: AuthenticSource, pages: Pages
    ) -> None:
        self._reads = reads
        self._registers = registers
        self._source = source
        self._pages = pages

    async def page(
        self,
        call: Call,
        register: AdmittedRegister,
        niss: Niss,
        dossier_type: str | None,
        page_size: int,
        page_token: str,
    ) -> HistoryAnswer:
        """Mutations of the person, under the number asked and all others that were united with it.

        Inscriptions that are restricted are left out, except for an auditor. The answer ends at the revision
        of the register at the first page. A page may hold fewer mutations than requested although more
        follow.

        Raises Refused: VALUE_INVALID, PAGE_TOKEN_INVALID, DOSSIER_TYPE_UNKNOWN; StoreUnavailable,
        SourceUnavailable.
        """
        size = page_size_of(page_size)
        which = HistoryFilter(niss, dossier_type)
        token = self._pages.open(page_token, call, register.id, which)
        if token is None:
            through = None
            united, (mutations, more) = await self._first_page(register, niss, dossier_type, size)
        else:
            united = United(niss, tuple(Niss(number) for number in token["numbers"]))
            through = token["through"]
            reads = reads_within(self._reads, register.view)
            mutations, more = await shown_history(
                reads, register.id, united.numbers, dossier_type, token["after"], size
            )
        if through is not None and mutations and mutations[-1].revision > through:
            mutations, more = [m for m in mutations if m.revision <= through], False
        next_page_token = ""
        if more:
            content = {
                "after": mutations[-1].revision,
                "through": await self._revision(register) if through is None else through,
                "numbers": united.numbers,
            }
            next_page_token = self._pages.seal(call, register.id, which, content)
        return HistoryAnswer(mutations, next_page_token, united.resolved)

    async def _first_page(
        self, register: AdmittedRegister, niss: Niss, dossier_type: str | None, size: int
    ) -> tuple[United, tuple[Sequence[Mutation], bool]]:
        """The numbers of the person, and their first mutations.

        Both reads are repeated when numbers were united or separated between them: else the history would
        end with a replacement whose other number is missing.
        """
        united = await unite(self._source, niss)
        reads = reads_within(self._reads, register.view)
        while True:
            page = await shown_history(reads, register.id, united.numbers, dossier_type, 0, size)
            now = await unite(self._source, niss)
            if now.numbers == united.numbers:
                return united, page
            united = now

    async def violations(self, register: AdmittedRegister, dossier_type: str) -> Sequence[Violation]:
        """Violations of the state by the type, for a request that has others already."""
        try:
            await reads_within(self._reads, register.view).history(register.id, (), dossier_type, 0, 1)
        except Refused as refused:
            return refused.violations
        return ()

    async def _revision(self, register: AdmittedRegister) -> int:
        found = await self._registers.find(register.enterprise_number)
        if found is None:
            raise StoreFault("the register is gone")
        return found.revision
