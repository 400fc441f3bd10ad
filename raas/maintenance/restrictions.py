"""The composition of the commands that restrict mistaken inscriptions on a database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import Register
from raas.domain.registers.restriction import Grounds, Restriction
from raas.ops.settings import Settings
from raas.storage.connection.database import open_database
from raas.storage.maintenance.restrictions import PostgresRestrictionStore
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.admin.registers import chosen
from raas.usecases.admin.restrict import Inscription, RestrictInscriptions
from raas.usecases.ports.audit.journal import Journal, NoJournal
from raas.wiring.audit import journal_of

T = TypeVar("T")


def restrict(
    dsn: str, settings: Settings, number: EnterpriseNumber, which: Inscription, grounds: Grounds
) -> Restriction:
    """Restrict an inscription. Raises Refused as RestrictInscriptions does, REGISTER_UNKNOWN; PortErrors."""
    return _on_register(
        dsn, journal_of(settings), number, lambda use, register: use.restrict(register, which, grounds)
    )


def restrictions(dsn: str, number: EnterpriseNumber) -> Sequence[Restriction]:
    """All restrictions of a register, the oldest first. Raises Refused REGISTER_UNKNOWN; PortErrors."""
    return _on_register(dsn, NoJournal(), number, lambda use, register: use.all_of(register))


def lift(dsn: str, settings: Settings, number: EnterpriseNumber, id_: UUID, grounds: Grounds) -> bool:
    """End the effect of a restriction; False = there is none that is not lifted. Raises like `restrict`."""
    return _on_register(
        dsn, journal_of(settings), number, lambda use, register: use.lift(register, id_, grounds)
    )


def _on_register(
    dsn: str,
    journal: Journal,
    number: EnterpriseNumber,
    work: Callable[[RestrictInscriptions, Register], Coroutine[Any, Any, T]],
) -> T:
    async def run() -> T:
        engine = open_database(dsn, size=1, autocommit=True, limits=None)
        try:
            use = RestrictInscriptions(PostgresRestrictionStore(engine), PostgresReadStore(engine), journal)
            register = await anext(chosen(PostgresRegisterStore(engine), number))
            return await work(use, register)
        finally:
            await engine.dispose()

    return asyncio.run(run())
