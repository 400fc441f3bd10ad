"""Persons and registers with all their use cases, on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date
from itertools import count
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import parse_day
from raas.domain.calendar.incomplete_date import IncompleteDate, parse_incomplete_date
from raas.domain.calendar.periods import Period
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Address, Identity, Sex
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.registers.dossier_type import DossierType, IdentityChanges
from raas.domain.registers.operation import Action, Operation
from raas.storage.maintenance.erase import PostgresContentStore
from raas.storage.persons.local_source import LocalSource
from raas.storage.persons.store import PostgresPersonStore
from raas.storage.persons.transaction import PostgresPersonWriteStore
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call, Caller
from raas.usecases.persons.change_niss import ChangeNiss
from raas.usecases.persons.create import CreatePerson
from raas.usecases.persons.identities import StoredIdentities
from raas.usecases.persons.import_persons import ImportPersons
from raas.usecases.persons.import_progress import PersonImportAnswer, PersonImportMessage
from raas.usecases.persons.import_rows import ImportedPerson
from raas.usecases.persons.read import ReadPersons
from raas.usecases.persons.search import SearchPersons
from raas.usecases.persons.transaction import PersonTransactions
from raas.usecases.persons.update import UpdatePerson
from raas.usecases.ports.persons import AddResult
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.operations import WriteOperations
from raas.usecases.writes.queue import WriteQueues
from tests.oracle import numbers
from tests.storage.seed import insert_register

BIS, NATIONAL = RegisterOfOrigin.BIS, RegisterOfOrigin.NATIONAL_REGISTER

_REGISTERS = (EnterpriseNumber(int(numbers.enterprise_number(eight))) for eight in count(7_000_000))


def _fictitious() -> Iterator[Niss]:
    """Numbers that no other test uses: born in the 1930s."""
    for year in range(1930, 1940):
        for month in range(61, 73):
            for day in range(1, 29):
                for counter in range(1, 999):
                    yield Niss(int(numbers.niss(year, month, day, counter)))


_NISSES = _fictitious()


def new_niss() -> Niss:
    """A number that no person has yet."""
    return next(_NISSES)


def an_identity(last_name: str = "Peeters", born: str = "1968-06-14", *first_names: str) -> Identity:
    return Identity(last_name, first_names, parse_incomplete_date(born), Sex.FEMALE)


WHOLE = Identity(
    "D'Hondt-Müller 李",
    ('Anne "Annie"', "Zoë\\Maria"),
    IncompleteDate(1968, 6, None),
    Sex.FEMALE,
    "Oujda, {Maroc}",
    "MA",
    IncompleteDate(2024, 2, 29),
    Address("BE", "Gent", "9000", "Veldstraat 1/2"),
    Address("BE", "", "1000", ""),
)
"""An identity with every field, and characters that need quoting or encoding."""


def a_call(actor: int | None = None, rpc: str = "/test") -> Call:
    return Call(Caller(EnterpriseNumber(actor or 999999922)), uuid4(), rpc)


async def one_message(*messages: PersonImportMessage) -> AsyncIterator[PersonImportMessage]:
    for message in messages:
        yield message


class PersonHarness:
    """The stores and use cases of persons, on a database."""

    def __init__(self, engine: AsyncEngine, reading: AsyncEngine) -> None:
        self.engine = engine
        self.store = PostgresPersonStore(engine, reading)
        self.source = LocalSource(reading)
        self.contents = PostgresContentStore(reading)
        self.transactions = PersonTransactions(PostgresPersonWriteStore(engine), 1_000)
        self.numbers = ChangeNiss(self.transactions)
        self.import_persons = ImportPersons(self.store, self.transactions)
        self.update = UpdatePerson(self.store, self.transactions)
        self.search = SearchPersons(self.store)
        self.read = ReadPersons(self.store, self.source)
        limits = WriteLimits()
        self.write_store = PostgresWriteStore(engine)
        self.write_queues = WriteQueues(self.write_store, limits)
        self.operations = WriteOperations(
            self.write_queues, self.write_store, self.source, StoredIdentities(self.store), limits
        )

    def creating(self, *nisses: Niss) -> CreatePerson:
        """CreatePerson that gives out these numbers, in this order."""
        return CreatePerson(self.store, lambda *_: iter(nisses))

    async def person(self, identity: Identity | None = None, origin: RegisterOfOrigin = BIS) -> Niss:
        """A person the source knows."""
        niss = new_niss()
        added = await self.store.add([Person(niss, origin, identity or an_identity())], None)
        assert added is AddResult.ADDED, await self.store.persons([niss])
        return niss

    async def record(self, niss: Niss) -> Person:
        return (await self.store.persons([niss]))[niss]

    async def register(self, **identity_changes: IdentityChanges) -> AdmittedRegister:
        """A register with dossier types of these names; WHILE_KNOWN where nothing is said."""
        number = next(_REGISTERS)
        async with self.engine.begin() as connection:
            register = AdmittedRegister(await insert_register(connection, number), number)
        types = ManageDossierTypes(self.write_queues, self.write_store, None)  # type: ignore[arg-type]
        for code, changes in (identity_changes or {"HEALTH": IdentityChanges.WHILE_KNOWN}).items():
            await types.create(a_call(), register, DossierType(code, {}, identity_changes=changes))
        return register

    async def inscribe(
        self, register: AdmittedRegister, niss: Niss, begin: str, end: str, code: str = "HEALTH"
    ) -> None:
        await self._write(Action.INSCRIBE, register, niss, begin, end, code)

    async def remove(
        self, register: AdmittedRegister, niss: Niss, begin: str, end: str, code: str = "HEALTH"
    ) -> None:
        await self._write(Action.REMOVE, register, niss, begin, end, code)

    async def _write(
        self, action: Action, register: AdmittedRegister, niss: Niss, begin: str, end: str, code: str
    ) -> None:
        period = Period(parse_day(begin), parse_day(end) + 1)
        operation = Operation(action, niss, code, period)
        await self.operations.single(a_call(), register, operation, validate_only=False, request_id=None)

    async def imported(
        self,
        rows: Sequence[ImportedPerson],
        offset: int = 0,
        import_id: str | None = None,
        actor: int | None = None,
    ) -> PersonImportAnswer:
        """The answer to one message of an import."""
        message = PersonImportMessage(import_id, offset, rows)
        (answer,) = [each async for each in self.import_persons.run(a_call(actor), one_message(message))]
        return answer

    async def log(self, register: AdmittedRegister) -> list[tuple[object, ...]]:
        """Revision, kind, number, type codes and content of all mutations, except those of dossier types."""
        query = text(
            "SELECT m.revision, m.kind, m.niss, "
            "ARRAY(SELECT code FROM dossier_type WHERE id = ANY(m.dossier_type_ids) ORDER BY code), "
            "c.body || jsonb_build_object('fields', string_to_array(m.detail ->> 'fields', ',')) "
            "FROM mutation m LEFT JOIN content c ON c.id = m.content_id "
            "WHERE m.register_id = :r AND m.kind <> 8 ORDER BY m.revision"
        )
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(query, {"r": register.id})]


def ordinal(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal()
