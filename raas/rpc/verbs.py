"""The verbs that the servicers call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from raas.rpc.person_verbs import PersonVerbs
from raas.usecases.check import CheckInscriptions
from raas.usecases.consult import Consult
from raas.usecases.dossier_types import DossierTypeVerbs
from raas.usecases.explaining import ExplainDossier
from raas.usecases.history import History
from raas.usecases.importing import Imports
from raas.usecases.listing import ListMutations
from raas.usecases.registers import Registers
from raas.usecases.routing import FindRegisters
from raas.usecases.stale import StaleNiss
from raas.usecases.subscriber_verbs import SubscriberVerbs
from raas.usecases.subscriptions import Subscriptions
from raas.usecases.write_operations import WriteOperations


class StreamVerbs(Protocol):
    """What MutationStream can do."""

    subscriptions: Subscriptions
    listing: ListMutations
    subscribers: SubscriberVerbs


@dataclass(frozen=True, slots=True)
class Verbs:
    """Everything the services can do, handed in by the wiring."""

    write: WriteOperations
    imports: Imports
    dossier_types: DossierTypeVerbs
    consult: Consult
    history: History
    explain: ExplainDossier
    check: CheckInscriptions
    routing: FindRegisters
    stale: StaleNiss
    registers: Registers
    stream: StreamVerbs
    persons: PersonVerbs | None = None
    """None where the persons are kept elsewhere, or nowhere."""
