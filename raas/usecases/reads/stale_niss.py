"""ListStaleNiss: numbers in a register that are not active in the authentic source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState, PersonStatus
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import MAX_PAGE_SIZE, Pages, page_size_of
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.read_store import ReadStore
from raas.usecases.reads.restricted import reads_within

_NUMBERS_PER_PAGE = 20_000
"""Numbers that one page looks up in the source at most; then the page ends, even if it is empty."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A number with lines that is replaced, cancelled, or (`status` None) unknown to the source."""

    niss: Niss
    status: PersonStatus | None
    successor: Niss | None
    dossier_types: tuple[str, ...]
    """Codes of its dossiers with lines, in order."""


class StaleNiss:
    """The use case ListStaleNiss."""

    def __init__(self, reads: ReadStore, source: AuthenticSource, pages: Pages) -> None:
        self._reads = reads
        self._source = source
        self._pages = pages

    async def page(
        self, call: Call, register: AdmittedRegister, page_size: int, page_token: str
    ) -> tuple[tuple[Stale, ...], str]:
        """Stale numbers in order, and the token of the next page ("" = this was the last).

        Each page has a snapshot of its own. A page may be shorter than requested, even empty, although more
        follow.
        Raises Refused: VALUE_INVALID, PAGE_TOKEN_INVALID; StoreUnavailable, SourceUnavailable.
        """
        size = page_size_of(page_size)
        token = self._pages.open(page_token, call, register.id, None)
        after = None if token is None else Niss(token["after"])
        reads = reads_within(self._reads, register.view)
        stale: list[tuple[Niss, PersonState | None]] = []
        asked = 0
        more = True
        while more and asked < _NUMBERS_PER_PAGE and len(stale) < size:
            numbers = await reads.numbers(register.id, after, MAX_PAGE_SIZE)
            persons = await self._source.states(numbers) if numbers else {}
            stale += [(n, persons.get(n)) for n in numbers if not _active(persons.get(n))]
            more = len(numbers) == MAX_PAGE_SIZE
            after = numbers[-1] if numbers else after
            asked += len(numbers)
        if len(stale) > size:
            stale, more = stale[:size], True
            after = stale[-1][0]
        next_page_token = self._pages.seal(call, register.id, None, {"after": after}) if more else ""
        return await self._described(register, stale), next_page_token

    async def _described(
        self, register: AdmittedRegister, stale: Sequence[tuple[Niss, PersonState | None]]
    ) -> tuple[Stale, ...]:
        reads = reads_within(self._reads, register.view)
        dossiers = await reads.dossiers_of([(register.id, niss) for niss, _ in stale], {})
        return tuple(
            Stale(
                niss,
                person.status if person else None,
                person.successor if person else None,
                tuple(dossier.dossier_type for dossier in dossiers[register.id, niss]),
            )
            for niss, person in stale
        )


def _active(person: PersonState | None) -> bool:
    return person is not None and person.status is PersonStatus.ACTIVE
