"""Break-glass: an administrator reads a register for some hours, and its owner is told."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence, Set
from datetime import timedelta
from types import MappingProxyType
from uuid import uuid4

from raas.domain.errors import Reason, refuse
from raas.domain.registers.mutation import MutationKind
from raas.domain.registers.stored_details import access_granted_json
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.audit.call_audit import write_record
from raas.usecases.calls.audit.scope import AuditScope
from raas.usecases.calls.call import Call
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.ports.rights import RightsStore
from raas.usecases.ports.write_store import DossierKey, DossierTypes, ImportKey, RequestKey
from raas.usecases.writes.queue import WriteQueues
from raas.usecases.writes.unit_of_work import Persons, RegisterUnitOfWork


class BreakGlass:
    """The use case of BreakGlass."""

    def __init__(self, store: RightsStore, rights: RightsCache, write_queues: WriteQueues) -> None:
        self._store = store
        self._rights = rights
        self._write_queues = write_queues

    async def take(
        self, call: Call, register: AdmittedRegister, reason: str, ticket: str, hours: int
    ) -> Mandate:
        """Give the caller a mandate to read the register for some hours.

        The owner is told by a mutation, which is committed first: there is no access without it. Raises
        Refused VALUE_INVALID for the owner.
        """
        caller = call.caller.enterprise_number
        if caller == register.enterprise_number:
            raise refuse(Reason.VALUE_INVALID, "register", "MANDATARY_IS_OWNER")
        await self._rights.fresh(call.deadline)
        until = self._rights.moment().instant + timedelta(hours=hours)
        mandate_id = uuid4()
        detail = access_granted_json(mandate_id, reason, ticket, until)
        await self._write_queues[register.id].submit(_TellOwner(call, detail))
        async with self._store.change() as transaction:
            mandate = Mandate(
                mandate_id,
                register.enterprise_number,
                caller,
                frozenset({MandatePermission.READ}),
                caller,
                transaction.time,
                expire_time=until,
                reason=reason,
                ticket=ticket,
            )
            await transaction.put(mandate)
        await self._rights.reached(transaction.version)
        return mandate


class _TellOwner:
    """Records ACCESS_GRANTED in a register; the write queue orders it with the operations around it."""

    size = 1
    background = False
    persons: Persons = MappingProxyType({})
    requests: Sequence[RequestKey] = ()
    import_key: ImportKey | None = None
    changes_partner_of: str | None = None
    recorded: AuditScope | None = None
    """None: the mandate itself is recorded in the chain of the process, once it is granted."""

    def __init__(self, call: Call, detail: dict[str, str]) -> None:
        self._call = call
        self.deadline = call.deadline
        self._stamp = call.stamp()
        self._detail = detail

    def codes(self) -> Set[str]:
        """No dossier type."""
        return frozenset()

    def keys(self, types: DossierTypes) -> Iterable[DossierKey]:
        """No dossier."""
        return ()

    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, int]:
        """Record the mutation; answers its revision."""
        yield from ()
        unit_of_work.news(MutationKind.ACCESS_GRANTED, None, (), self._stamp, self._detail)
        register, revision = unit_of_work.loaded.register, unit_of_work.revision
        details = {"mandate_granted": self._detail["mandate_id"]}
        unit_of_work.record(write_record(self._call, register, (), (), revision, details))
        return revision
