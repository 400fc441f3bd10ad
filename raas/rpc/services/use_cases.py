"""The verbs that the servicers call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from raas.rpc.services.person_use_cases import PersonUseCases
from raas.usecases.admin.registers import Registers
from raas.usecases.feed.acknowledgements import ManageSubscribers
from raas.usecases.feed.list_mutations import ListMutations
from raas.usecases.feed.subscribe import Subscriptions
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
    """What MutationStream can do."""

    subscriptions: Subscriptions
    listing: ListMutations
    subscribers: ManageSubscribers


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything the services can do, handed in by the wiring."""

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
    """None where the persons are kept elsewhere, or nowhere."""
