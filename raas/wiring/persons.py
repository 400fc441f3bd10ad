"""The wiring of persons: the authentic source, and PersonService if the store holds the persons."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import parse_enterprise_number
from raas.domain.numbers.niss import NissProfile
from raas.domain.persons.bis_number import bis_numbers
from raas.identity import IdentityFilesRefused
from raas.ops.addresses import is_loopback, split_address
from raas.ops.settings import Settings
from raas.rpc.remote_source import RemoteSource
from raas.rpc.services.use_cases import PersonUseCases
from raas.storage.audit.log import AuditLog
from raas.storage.connection.clock import ClockGuard
from raas.storage.persons.local_source import LocalSource
from raas.storage.persons.niss_history import PostgresNissHistory
from raas.storage.persons.store import PostgresPersonStore
from raas.storage.persons.transaction import PostgresPersonWriteStore
from raas.usecases.limits.budgets import Budgets
from raas.usecases.limits.claim_limits import BURST, SECONDS, ClaimLimits
from raas.usecases.limits.rate_limit import RateLimit
from raas.usecases.persons.change_niss import ChangeNiss
from raas.usecases.persons.confront import ConfrontIdentity
from raas.usecases.persons.create import CreatePerson
from raas.usecases.persons.identities import NoIdentities, StoredIdentities
from raas.usecases.persons.import_persons import ImportPersons
from raas.usecases.persons.no_history import UnchangingNumbers, UnrecordedNumbers
from raas.usecases.persons.read import ReadPersons
from raas.usecases.persons.search import SearchPersons
from raas.usecases.persons.structure_source import StructureSource
from raas.usecases.persons.transaction import PersonTransactions
from raas.usecases.persons.update import UpdatePerson
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.niss_history import NissHistory
from raas.usecases.ports.persons import IdentitySource
from raas_client import Tls


class Persons:
    """The authentic source that RAAS_AUTHENTIC_SOURCE names, made and closed in one event loop."""

    source: AuthenticSource
    identities: IdentitySource
    history: NissHistory

    def __init__(
        self,
        settings: Settings,
        writing: AsyncEngine,
        reading: AsyncEngine,
        budgets: Budgets | None,
        audit_log: AuditLog | None,
    ) -> None:
        self.claim_limits = ClaimLimits(RateLimit(BURST, SECONDS), budgets)
        """The limits of claims with inscriptions."""
        self._budgets = budgets
        self._max_lines = settings.max_lines
        clock = ClockGuard(settings.accept_record_times_until)
        self._changes = PostgresPersonWriteStore(writing, clock, audit_log)
        self._store = PostgresPersonStore(writing, reading, clock)
        self._remote: RemoteSource | None = None
        match settings.authentic_source:
            case "local":
                self.source, self.identities = LocalSource(reading), StoredIdentities(self._store)
                self.history = PostgresNissHistory(reading)
            case "structure":
                self.source, self.identities = StructureSource(), NoIdentities()
                self.history = UnchangingNumbers()
            case target:
                self.source = self.identities = self._remote = _remote_source(target, settings)
                self.history = UnrecordedNumbers()

    def use_cases(self, profile: NissProfile, committed: Callable[[int], None]) -> PersonUseCases | None:
        """The use cases of PersonService; None unless the store itself holds the persons."""
        if not self.source.in_store:
            return None
        transactions = PersonTransactions(self._changes, self._max_lines, committed)
        return PersonUseCases(
            read=ReadPersons(self._store, self.source),
            confront=ConfrontIdentity(self._store, ClaimLimits(RateLimit(BURST, SECONDS), self._budgets)),
            search=SearchPersons(self._store),
            create=CreatePerson(self._store, partial(bis_numbers, profile=profile)),
            update=UpdatePerson(self._store, transactions),
            numbers=ChangeNiss(transactions),
            import_persons=ImportPersons(self._store, transactions),
        )

    async def close(self) -> None:
        """Close the connection to a remote source."""
        if self._remote is not None:
            await self._remote.close()


def _remote_source(target: str, settings: Settings) -> RemoteSource:
    """The source on another server. Raises IdentityFilesRefused."""
    ca, certificate = settings.authentic_source_ca, settings.authentic_source_certificate
    name = settings.authentic_source_server_name
    try:
        tls = None
        if ca or certificate or name or not is_loopback(split_address(target)[0]):
            tls = Tls.from_files(ca, certificate, settings.authentic_source_key, name)
        return RemoteSource.at(
            target,
            parse_enterprise_number(settings.authentic_source_caller),
            tls=tls,
            token=settings.authentic_source_token_file,
            legal_context=settings.authentic_source_legal_context,
        )
    except (OSError, ValueError) as error:
        raise IdentityFilesRefused(f"the identity for RAAS_AUTHENTIC_SOURCE: {error}") from None
