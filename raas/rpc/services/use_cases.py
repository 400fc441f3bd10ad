"""The use cases that the servicers call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from raas.domain.environment import Environment
from raas.usecases.admin.registers import Registers
from raas.usecases.feed.acknowledgements import ManageSubscribers
from raas.usecases.feed.list_mutations import ListMutations
from raas.usecases.feed.subscribe import Subscriptions
from raas.usecases.persons.change_niss import ChangeNiss
from raas.usecases.persons.confront import ConfrontIdentity
from raas.usecases.persons.create import CreatePerson
from raas.usecases.persons.import_persons import ImportPersons
from raas.usecases.persons.read import ReadPersons
from raas.usecases.persons.search import SearchPersons
from raas.usecases.persons.update import UpdatePerson
from raas.usecases.reads.check import CheckInscriptions
from raas.usecases.reads.consult import Consult
from raas.usecases.reads.explain import ExplainDossier
from raas.usecases.reads.find_registers import FindRegisters
from raas.usecases.reads.history import History
from raas.usecases.reads.stale_niss import StaleNiss
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.imports import Imports
from raas.usecases.writes.operations import WriteOperations


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
    feed: ImportPersons


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
    stream: StreamUseCases
    persons: PersonUseCases | None = None
    """None where persons are kept by another authentic source, or by none."""
    environment: Environment = Environment.TEST
    """The purpose of the server."""
