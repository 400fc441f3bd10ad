"""Two registers: one with hidden dossier types, and one that holds the visible dossiers alone.

Everything that happens is done to both, except what concerns hidden types. A caller with a mandate for the
visible types of the first register must get the answers that a caller with a mandate for the whole second one
gets, apart from revisions and checksums.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc.aio

from raas.domain.errors import Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber, parse_enterprise_number
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.view import Content
from raas.memory_server import MemoryServer
from raas.usecases.calls.call import Caller
from raas.v1 import register_service_pb2 as v1
from raas.v1.administration_service_pb2 import GrantMandateRequest, RevokeMandateRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.identity_pb2 import Identity
from raas.v1.inscription_pb2 import Inscription, Removal
from raas.v1.mandate_pb2 import MandatePermission
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.oracle import numbers

VISIBLE = ("A", "B")
HIDDEN = ("C", "D")
SEEN = frozenset(VISIBLE)
GRANTER = EnterpriseNumber(316380841)
PERMISSIONS = (
    MandatePermission.MANDATE_PERMISSION_READ,
    MandatePermission.MANDATE_PERMISSION_WRITE,
    MandatePermission.MANDATE_PERMISSION_SUBSCRIBE,
)

_counter = itertools.count()


def named_identity(context: object, metadata: Iterable[tuple[str, str | bytes]]) -> Caller:
    """The organisation named in the metadata, with no rights beyond those granted."""
    return Caller(parse_enterprise_number(str(dict(metadata)["raas-enterprise-number"])))


@dataclass(frozen=True)
class Action:
    """Something that happens to both registers; persons are numbers below `PERSONS`."""

    name: str
    persons: tuple[int, ...] = ()
    types: tuple[str, ...] = ()
    period: tuple[str, str] = ("2024-01-01", "2024-01-31")
    text: str = "x"
    """A name, or a label."""


PERSONS = 4
"""Persons in actions; there is one more, to whom nothing else happens."""


@dataclass
class World:
    """A register on a server, and the rights of those who ask."""

    server: MemoryServer
    channel: grpc.aio.Channel
    seen: frozenset[str] | None
    """The types of the mandate and of the role of the router; None = all."""
    owner: str = ""
    friend: str = ""
    router: str = ""
    persons: Sequence[str] = field(default_factory=tuple)

    @property
    def registers(self) -> Any:
        return RegisterServiceStub(self.channel)

    @property
    def stream(self) -> Any:
        return MutationStreamStub(self.channel)

    async def begin(self, number: int, types: Sequence[str], contents: frozenset[Content]) -> None:
        """A new register and new persons, the same in every world for the same number."""
        self.owner, self.friend, self.router = (
            numbers.enterprise_number(4_000_000 + 3 * number + place) for place in range(3)
        )
        self.persons = [
            numbers.niss(1950 + number % 50, 61 + number // 50 % 12, 1 + place, 1 + number // 600)
            for place in range(PERSONS + 1)
        ]
        await self.server.create_register(self.owner, "A register")
        for code in types:
            await self.create_type(code)
        router = RoleGrant(
            uuid4(),
            parse_enterprise_number(self.router),
            Role.ROUTER,
            GRANTER,
            datetime.now(UTC),
            dossier_types=self.seen,
        )
        async with self.server.rights.change() as transaction:
            await transaction.put(router)
        await self.grant(self.seen, contents)

    async def grant(
        self,
        types: frozenset[str] | None,
        contents: frozenset[Content] = frozenset(),
        permissions: Sequence[MandatePermission.ValueType] = PERMISSIONS,
    ) -> str:
        """The id of a new mandate of the friend, by which the server decides when this returns."""
        request = GrantMandateRequest(
            mandatary=self.friend,
            permissions=permissions,
            dossier_types=sorted(types or ()),
            contents=[content.value for content in contents],  # type: ignore[misc]
        )
        granted = await self.administration.GrantMandate(request, metadata=self.by_owner)
        return str(granted.mandate.id)

    async def revoke(self, mandate: str) -> None:
        """End a mandate of the friend; others are left."""
        request = RevokeMandateRequest(mandate_id=mandate)
        await self.administration.RevokeMandate(request, metadata=self.by_owner)

    @property
    def administration(self) -> Any:
        return AdministrationServiceStub(self.channel)

    @property
    def by_owner(self) -> tuple[tuple[str, str], ...]:
        return (("raas-enterprise-number", self.owner),)

    @property
    def by_friend(self) -> tuple[tuple[str, str], ...]:
        return (("raas-enterprise-number", self.friend),)

    @property
    def by_router(self) -> tuple[tuple[str, str], ...]:
        return (("raas-enterprise-number", self.router),)

    async def create_type(self, code: str) -> None:
        """A type that records changes of identity in a way of its own."""
        changes: Any = {"B": 2, "D": 1}.get(code, 3)
        request = v1.CreateDossierTypeRequest(dossier_type=DossierType(code=code, identity_changes=changes))
        await self.registers.CreateDossierType(request, metadata=self.by_owner)

    async def act(self, action: Action, types: Sequence[str]) -> bool:
        """Do an action with these of its types; returns whether it was not refused."""
        try:
            await self._act(action, types)
        except (grpc.aio.AioRpcError, Refused):
            return False
        return True

    async def _act(self, action: Action, types: Sequence[str]) -> None:
        persons = [self.persons[place] for place in action.persons]
        period = Period(begin=action.period[0], end=action.period[1])
        match action.name:
            case "inscribe" | "remove":
                operations = [
                    v1.BatchOperation(inscribe=Inscription(niss=niss, dossier_type=code, period=period))
                    if action.name == "inscribe"
                    else v1.BatchOperation(remove=Removal(niss=niss, dossier_type=code, period=period))
                    for niss in persons
                    for code in types
                ]
                request = v1.ApplyBatchRequest(operations=operations)
                await self.registers.ApplyBatch(request, metadata=self.by_owner)
            case "replace":
                await self.server.replace_niss(*persons)
            case "restore":
                await self.server.restore_niss(persons[0])
            case "cancel":
                await self.server.cancel_niss(persons[0])
            case "identify":
                status = self.server.state.niss_statuses.get(Niss(int(persons[0])))
                if status is None or status.status is PersonStatus.ACTIVE:
                    await self.server.identify(persons[0], Identity(last_name=action.text), None)
            case "create_type":
                for code in types:
                    await self.create_type(code)
            case "update_type":
                for code in types:
                    await self.registers.UpdateDossierType(
                        v1.UpdateDossierTypeRequest(
                            dossier_type=DossierType(code=code, labels={"en": action.text}),
                            update_mask={"paths": ["labels"]},
                        ),
                        metadata=self.by_owner,
                    )
            case other:
                raise AssertionError(other)


@dataclass
class Worlds:
    """The register with hidden types, and the one without them."""

    real: World
    oracle: World
    times: list[datetime] = field(default_factory=list)
    """Instants after each action."""

    async def begin(self, contents: frozenset[Content]) -> None:
        """New registers with their types."""
        number = next(_counter)
        self.times = []
        await self.real.begin(number, (*VISIBLE, *HIDDEN), contents)
        await self.oracle.begin(number, VISIBLE, contents)
        self.times.append(datetime.now(UTC))

    async def act(self, action: Action) -> None:
        """Do an action to both registers, with the visible part of it to the second one."""
        done = await self.real.act(action, action.types)
        visible = [code for code in action.types if code in SEEN]
        if not action.types:
            assert await self.oracle.act(action, ()) is done, action
        elif done and visible:
            assert await self.oracle.act(action, visible), action
        self.times.append(datetime.now(UTC))


@asynccontextmanager
async def two_worlds() -> AsyncIterator[Worlds]:
    """Two servers in this process."""
    real, oracle = MemoryServer(identify=named_identity), MemoryServer(identify=named_identity)
    async with (
        real.serving("127.0.0.1:0") as one,
        oracle.serving("127.0.0.1:0") as other,
        grpc.aio.insecure_channel(f"127.0.0.1:{one}") as first,
        grpc.aio.insecure_channel(f"127.0.0.1:{other}") as second,
    ):
        yield Worlds(World(real, first, SEEN), World(oracle, second, None))
