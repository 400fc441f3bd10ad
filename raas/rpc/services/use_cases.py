"""The use cases that the servicers call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from raas.domain.environment import Environment
from raas.usecases.admin.admissions import Admissions
from raas.usecases.admin.authorisations import Authorisations
from raas.usecases.admin.break_glass import BreakGlass
from raas.usecases.admin.credential_blocks import CredentialBlocks
from raas.usecases.admin.legal_contexts import LegalContexts
from raas.usecases.admin.mandates import Mandates
from raas.usecases.admin.registers import Registers
from raas.usecases.admin.roles import Roles
from raas.usecases.billing.list_usage import ListUsage
from raas.usecases.calls.pagination import Pages
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.feed.acknowledgements import ManageSubscribers
from raas.usecases.feed.list_mutations import ListMutations
from raas.usecases.feed.subscribe import Subscriptions
from raas.usecases.inspection.list_records import ListAuditRecords
from raas.usecases.persons.change_niss import ChangeNiss
from raas.usecases.persons.confront import ConfrontIdentity
from raas.usecases.persons.create import CreatePerson
from raas.usecases.persons.import_persons import ImportPersons
from raas.usecases.persons.read import ReadPersons
from raas.usecases.persons.search import SearchPersons
from raas.usecases.persons.update import UpdatePerson
from raas.usecases.ports.rights import RightsStore
from raas.usecases.ports.write_store import WriteStore
from raas.usecases.reads.check import CheckInscriptions
from raas.usecases.reads.consult import Consult
from raas.usecases.reads.explain import ExplainDossier
from raas.usecases.reads.find_registers import FindRegisters
from raas.usecases.reads.history import History
from raas.usecases.reads.stale_niss import StaleNiss
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.imports import Imports
from raas.usecases.writes.operations import WriteOperations
from raas.usecases.writes.queue import WriteQueues


class StreamUseCases(Protocol):
    """The use cases of MutationStream."""

    subscriptions: Subscriptions
    listing: ListMutations
    subscribers: ManageSubscribers


@dataclass(frozen=True, slots=True)
class PersonUseCases:
    """The use cases of PersonService, where this store is the authentic source."""

    read: ReadPersons
    confront: ConfrontIdentity
    search: SearchPersons
    create: CreatePerson
    update: UpdatePerson
    numbers: ChangeNiss
    import_persons: ImportPersons


@dataclass(frozen=True, slots=True)
class RightsUseCases:
    """The use cases on the rights of organisations."""

    mandates: Mandates
    break_glass: BreakGlass
    roles: Roles
    legal_contexts: LegalContexts
    blocks: CredentialBlocks
    authorisations: Authorisations
    admissions: Admissions

    @classmethod
    def on(
        cls,
        stored: RightsStore,
        known: RightsCache,
        writes: WriteStore,
        write_queues: WriteQueues,
        pages: Pages,
    ) -> RightsUseCases:
        """The use cases on these stores; `known` are the rights by which this process decides."""
        return cls(
            Mandates(stored, known, writes, pages),
            BreakGlass(stored, known, write_queues),
            Roles(stored, known, pages),
            LegalContexts(stored, known, pages),
            CredentialBlocks(stored, known, pages),
            Authorisations(stored, known, writes, pages),
            Admissions(stored, known, pages),
        )


@dataclass(frozen=True, slots=True)
class UseCases:
    """All use cases, handed in by the wiring."""

    write: WriteOperations
    imports: Imports
    dossier_types: ManageDossierTypes
    consult: Consult
    history: History
    explain: ExplainDossier
    check: CheckInscriptions
    routing: FindRegisters
    stale: StaleNiss
    registers: Registers
    rights: RightsUseCases
    stream: StreamUseCases
    usage: ListUsage
    audit: ListAuditRecords
    persons: PersonUseCases | None = None
    """None where persons are kept by another authentic source, or by none."""
    environment: Environment = Environment.TEST
    """The purpose of the server."""
