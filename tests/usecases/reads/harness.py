"""The use cases that read a register, on a store whose numbers are replaced, restored and cancelled."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Period
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.operation import Action, Operation
from raas.storage.log.reader import PostgresLogs
from raas.storage.maintenance.trim import PostgresTrims
from raas.storage.persons.niss_history import PostgresNissHistory
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.feed.list_mutations import ListMutations, MutationQuery
from raas.usecases.persons.identities import NoIdentities
from raas.usecases.persons.structure_source import StructureSource
from raas.usecases.ports.read_store import DossierFilter
from raas.usecases.reads.as_of import AsOf
from raas.usecases.reads.check import Check, CheckInscriptions, Decision
from raas.usecases.reads.consult import Consult, ConsultAnswer
from raas.usecases.reads.find_registers import FindRegisters, RoutingAnswer
from raas.usecases.reads.history import History
from raas.usecases.reads.stale_niss import StaleNiss
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.operations import WriteOperations
from tests.storage.persons.test_transaction import days
from tests.usecases.feed.reading import new_pages
from tests.usecases.persons.harness import PersonHarness, a_call

Resolved = tuple[tuple[Niss, Niss], ...]
"""Numbers asked and the successors they were read as."""


def now() -> datetime:
    return datetime.now(UTC)


class ReadingHarness(PersonHarness):
    """A PersonHarness and the questions one can ask in it."""

    def __init__(self, engine: AsyncEngine, reading: AsyncEngine) -> None:
        super().__init__(engine, reading)
        self.reads = PostgresReadStore(reading)
        self.niss_history = PostgresNissHistory(reading)
        registers, pages = PostgresRegisterStore(reading), new_pages()
        self.consulting = Consult(self.reads, self.source, self.niss_history, pages)
        self.histories = History(self.reads, registers, self.source, pages)
        self.checking = CheckInscriptions(self.reads, self.source, self.niss_history, now)
        self.routing = FindRegisters(self.reads, self.source, self.niss_history, now)
        self.stale = StaleNiss(self.reads, self.source, pages)
        self.listing = ListMutations(PostgresLogs(reading), self.source, pages)
        self.structure = StructureSource()

    # ---- what happens ---------------------------------------------------------------------------

    async def replace(self, old: Niss, new: Niss) -> None:
        await self.numbers.replace(a_call(), old, new, validate_only=False)

    async def restore(self, niss: Niss) -> None:
        await self.numbers.restore(a_call(), niss, validate_only=False)

    async def cancel(self, niss: Niss) -> None:
        await self.numbers.cancel(a_call(), niss)

    async def remove(
        self, register: AdmittedRegister, niss: Niss, begin: str, end: str, code: str = "HEALTH"
    ) -> None:
        operation = Operation(Action.REMOVE, niss, code, days(begin, end))
        await self.operations.single(a_call(), register, operation, validate_only=False, request_id=None)

    async def trim(self, register: AdmittedRegister, through: int) -> None:
        """Give up the log up to and including a revision."""
        step = await PostgresTrims(self.engine, self.engine).step(register.id, through, 1_000, None)
        assert step.oldest_revision == through

    async def write_as_before(self, register: AdmittedRegister, niss: Niss, period: Period) -> None:
        """Lines written while the register took every number for granted (`structure`)."""
        structure = WriteOperations(
            self.write_queues, self.write_store, self.structure, NoIdentities(), WriteLimits()
        )
        operation = Operation(Action.INSCRIBE, niss, "HEALTH", period)
        await structure.single(a_call(), register, operation, validate_only=False, request_id=None)

    # ---- what is asked --------------------------------------------------------------------------

    async def revision(self, register: AdmittedRegister) -> int:
        query = text("SELECT revision FROM register_head WHERE register_id = :id")
        async with self.engine.connect() as connection:
            revision: int = (await connection.execute(query, {"id": register.id})).scalar_one()
            return revision

    async def consult(self, register: AdmittedRegister, niss: Niss, at: int | None = None) -> ConsultAnswer:
        as_of = None if at is None else AsOf(revision=at)
        which = DossierFilter(nisses=(niss,))
        return await self.consulting.page(a_call(), register, which, as_of, 0, "")

    async def check(
        self, register: AdmittedRegister, niss: Niss, day: str, at_time: datetime | None = None
    ) -> Decision:
        async def admit(_: EnterpriseNumber) -> AdmittedRegister:
            return register

        asked = {0: Check(register.enterprise_number, niss, active_on=days(day, day).begin)}
        return (await self.checking.decide(asked, at_time, admit)).decisions[0]

    async def find(self, niss: Niss, at_time: datetime | None = None) -> RoutingAnswer:
        return await self.routing.find(niss, (), None, None, at_time)

    async def history(
        self, register: AdmittedRegister, niss: Niss, size: int = 0
    ) -> tuple[list[int], Resolved]:
        """The revisions of all pages."""
        revisions: list[int] = []
        token = ""
        while True:
            answer = await self.histories.page(a_call(), register, niss, None, size, token)
            revisions += [mutation.revision for mutation in answer.mutations]
            token = answer.next_page_token
            if not token:
                return revisions, answer.resolved

    async def listed(self, register: AdmittedRegister, niss: Niss) -> tuple[list[int], Resolved]:
        answer = await self.listing.page(a_call(), register, MutationQuery(0, niss=niss))
        return [entry.revision for entry in answer.entries], answer.resolved
