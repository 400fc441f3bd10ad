"""Shared by tests of reading use cases: calls, an authentic source and a seal of page tokens."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.ops.page_seal import FernetPageSeal
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call, Caller
from raas.usecases.calls.pagination import Pages
from tests.memory.source import FaultySource
from tests.oracle.numbers import niss
from tests.storage.seed import Book

CALL = Call(Caller(EnterpriseNumber(999999922)), UUID(int=1), "/raas.v1.RegisterService/Consult")
OTHER_CALLER = replace(CALL, caller=Caller(EnterpriseNumber(999999823)))

REPLACED, CANCELLED, UNKNOWN = (Niss(int(niss(1941, 61, 1, counter))) for counter in (1, 3, 5))
SUCCESSOR = Niss(int(niss(1942, 61, 1, 2)))
REPLACED_BY_CANCELLED = Niss(int(niss(1941, 61, 1, 7)))


class Source(FaultySource):
    """Knows every number but UNKNOWN; REPLACED was replaced by SUCCESSOR, CANCELLED is cancelled.

    REPLACED_BY_CANCELLED was replaced by CANCELLED before.
    """

    def __init__(self) -> None:
        replaced = {REPLACED: SUCCESSOR, REPLACED_BY_CANCELLED: CANCELLED}
        super().__init__(replaced=replaced, cancelled=[CANCELLED], unknown=[UNKNOWN])


def new_pages(key: bytes = bytes(32), clock: Callable[[], float] = time.time) -> Pages:
    return Pages(FernetPageSeal(key, clock=clock))


def admitted(book: Book) -> AdmittedRegister:
    return AdmittedRegister(book.id, book.number)


def said(refused: Refused) -> list[tuple[str, Reason]]:
    return [(violation.field, violation.reason) for violation in refused.violations]
