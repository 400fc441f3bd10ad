"""The audit record of a command on the database, in a chain of its own: BEGIN, COMMAND, SEAL."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from uuid import uuid4

from raas.domain.audit.chain import ChainState, new_chain, process_chain
from raas.domain.audit.record import Actor, AuditRecord, RecordKind, numbers_of_record
from raas.domain.json_value import JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.ports.audit.chains import AuditStore, follow

DONE = "OK"


@dataclass(frozen=True, slots=True)
class Command:
    """A command, such as `raas trim`, and its parameters; a NISS among them is `touched` instead."""

    name: str
    parameters: JsonObject = field(default_factory=dict)
    register: EnterpriseNumber | None = None
    touched: Collection[Niss] = ()


@dataclass(frozen=True, slots=True)
class Operator:
    """The person at the command line, as the operating system has it."""

    user: str
    host: str


class CommandRecord:
    """The chain of one run of a command; `now` gives microseconds since 1970."""

    def __init__(
        self,
        store: AuditStore,
        command: Command,
        operator: Operator,
        process: JsonObject,
        now: Callable[[], int],
    ) -> None:
        self._store = store
        self._command = command
        self._actor = Actor(credential=f"os:{operator.user}", peer=operator.host)
        self._process = process
        self._now = now
        self._id = uuid4()
        self._state: ChainState | None = None

    async def begin(self) -> None:
        """Record the command, before it acts. Raises PortErrors, and it must not act then."""
        command = self._command
        begin = AuditRecord(RecordKind.BEGIN, self._now(), Actor(), command.name, DONE, details=self._process)
        record = AuditRecord(
            RecordKind.COMMAND,
            self._now(),
            self._actor,
            command.name,
            DONE,
            register=command.register,
            touched=numbers_of_record(command.touched),
            details=command.parameters,
        )
        state = new_chain(await self._store.origin(), process_chain(self._id))
        self._state, (first, second) = follow(state, [(begin, None), (record, None)])
        await self._store.begin(self._id, first)
        await self._store.append(self._id, [second])

    async def end(self, outcome: str) -> None:
        """Seal the chain with the outcome of the command. Raises PortErrors: a server seals it then."""
        assert self._state is not None
        details: JsonObject = {"cause": "ended"}
        seal = AuditRecord(
            RecordKind.SEAL, self._now(), Actor(), self._command.name, outcome, details=details
        )
        _, (last,) = follow(self._state, [(seal, None)])
        await self._store.seal(self._id, last)
