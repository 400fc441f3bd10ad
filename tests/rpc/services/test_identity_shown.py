"""Attempts to see more of identities in mutations than the authorisations of a register allow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier_type import IdentityChanges
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.validity import Validity
from raas.domain.rights.view import Content
from raas.rpc.calls.identity.identify import development_identity
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Caller
from raas.usecases.persons.import_rows import ImportedPerson
from raas.v1 import mutation_stream_pb2 as v1
from raas.v1 import register_service_pb2 as registers_v1
from raas.v1.identity_pb2 import Identity
from raas.v1.mutation_pb2 import IdentityChange, Mutation, MutationKind
from tests.oracle.numbers import enterprise_number
from tests.rights import identity_authorisation
from tests.stream.harness import StreamHarness, stream_harness
from tests.usecases.persons.harness import PersonHarness, an_identity

FRIEND, ADMINISTRATOR = (EnterpriseNumber(int(enterprise_number(7_500_000 + i))) for i in range(2))
CHANGED = int(MutationKind.MUTATION_KIND_IDENTITY_CHANGED)
NOW = datetime.now(UTC)
TODAY = date.today().toordinal()
BOTH = ["last_name", "first_names"]
READ, SUBSCRIBE = MandatePermission.READ, MandatePermission.SUBSCRIBE


def proven(context: Any, metadata: Any) -> Caller:
    """Callers as certificates name them: without rights of their own."""
    return Caller(development_identity(context, metadata).enterprise_number)


class World:
    """A register whose last mutation is a change of the identity of a person."""

    def __init__(self, stream: StreamHarness, persons: PersonHarness) -> None:
        self.stream = stream
        self.persons = persons
        self.register: AdmittedRegister
        self.niss: Niss

    async def begin(self) -> None:
        changes = self.persons
        self.register = await changes.register(
            HEALTH=IdentityChanges.WHILE_KNOWN, PENSION=IdentityChanges.WHILE_KNOWN
        )
        self.niss = await changes.person(an_identity("Peeters"))
        await self.inscribe("HEALTH")

    async def inscribe(self, code: str) -> None:
        await self.persons.inscribe(self.register, self.niss, "2024-01-01", "2024-12-31", code)

    async def rename(self, last_name: str, first_name: str) -> None:
        """Change the identity; recorded under the dossier types under which the person is known."""
        await self.persons.imported(
            [ImportedPerson(self.niss, identity=an_identity(last_name, "1968-06-14", first_name))]
        )

    @property
    def number(self) -> EnterpriseNumber:
        return self.register.enterprise_number

    def metadata(self, caller: EnterpriseNumber | None = None, **more: str) -> tuple[tuple[str, str], ...]:
        named = enterprise_number_text(self.number if caller is None else caller)
        given = tuple((f"raas-{key.replace('_', '-')}", value) for key, value in more.items())
        return (("raas-enterprise-number", named), *given)

    async def shown(self, caller: EnterpriseNumber | None = None, **more: str) -> IdentityChange:
        """The newest change of identity, which GetHistory, ListMutations and Subscribe show alike."""
        metadata = self.metadata(caller, **more)
        register = enterprise_number_text(self.number)
        history = await self.stream.registers.GetHistory(
            registers_v1.GetHistoryRequest(register=register, niss=f"{self.niss:011d}"), metadata=metadata
        )
        listed = await self.stream.stream.ListMutations(
            v1.ListMutationsRequest(register=register), metadata=metadata
        )
        streamed = await self.subscribed(metadata, listed.latest_revision)
        found = [newest(each) for each in (history.mutations, listed.mutations, streamed)]
        assert found[0] == found[1] == found[2]
        return found[0].identity_change

    async def subscribed(self, metadata: Any, through: int) -> list[Mutation]:
        request = v1.SubscribeRequest(register=enterprise_number_text(self.number), after_revision=0)
        call = self.stream.stream.Subscribe(request, metadata=metadata, timeout=20)
        found: list[Mutation] = []
        async for message in call:
            found += message.mutations.mutations
            if message.mutations.through_revision >= through:
                call.cancel()
                break
        return found


def newest(mutations: Any) -> Mutation:
    changes: list[Mutation] = [mutation for mutation in mutations if mutation.kind == CHANGED]
    return changes[-1]


def a_mandate(world: World, permissions: set[MandatePermission], **more: Any) -> Mandate:
    return Mandate(uuid4(), world.number, FRIEND, frozenset(permissions), world.number, NOW, **more)


@pytest.fixture
async def world(engine: AsyncEngine, reading_engine: AsyncEngine) -> AsyncIterator[World]:
    async with stream_harness(engine, reading_engine, identify=proven) as stream:
        made = World(stream, PersonHarness(engine, reading_engine))
        await made.begin()
        await made.rename("Janssens", "Zoë")
        yield made


def names_alone(change: IdentityChange) -> bool:
    return (
        list(change.fields) == BOTH == list(change.withheld_fields)
        and not change.HasField("before")
        and not change.HasField("after")
        and not change.HasField("effective_date")
    )


async def test_change_of_identity_is_told_by_its_field_names_without_an_authorisation(world: World) -> None:
    assert names_alone(await world.shown())


async def test_change_of_identity_holds_the_authorised_fields_and_names_the_others(world: World) -> None:
    await world.stream.rights.put(
        identity_authorisation(world.number, fields=frozenset({"last_name", "death_date"}))
    )
    change = await world.shown()
    assert (change.before, change.after) == (Identity(last_name="Peeters"), Identity(last_name="Janssens"))
    assert list(change.withheld_fields) == ["first_names"]


@pytest.mark.parametrize(
    "nothing",
    [
        {"register": FRIEND},
        {"confirmed_by": None, "confirm_time": None},
        {"revoked_by": FRIEND, "revoke_time": NOW},
        {"validity": Validity(TODAY + 2, None)},
        {"validity": Validity(None, TODAY - 2)},
        {"dossier_types": frozenset({"PENSION"})},
        {"partner": FRIEND},
        {"legal_context": "PCSA:X"},
        {"service": "ANOTHER"},
        {"fields": frozenset({"death_date"})},
    ],
)
async def test_authorisation_of_something_else_shows_the_names_alone(
    world: World, nothing: dict[str, Any]
) -> None:
    await world.stream.rights.put(replace(identity_authorisation(world.number), **nothing))
    assert names_alone(await world.shown())


async def test_authorisation_of_a_legal_context_counts_in_calls_that_name_it(world: World) -> None:
    await world.stream.rights.put(identity_authorisation(world.number, legal_context="PCSA:X"))
    assert (await world.shown(legal_context="PCSA:X")).after.last_name == "Janssens"
    assert names_alone(await world.shown(legal_context="PCSA:Y"))


async def test_audit_names_the_authorisations_that_count_and_the_mandate(world: World) -> None:
    rights, records = world.stream.rights, world.stream.audit.records
    everywhere = identity_authorisation(world.number, fields=frozenset({"last_name"}))
    mandate = a_mandate(world, {READ, SUBSCRIBE}, contents=frozenset({Content.IDENTITY}))
    await rights.put(everywhere, mandate, identity_authorisation(FRIEND))
    await rights.put(in_context := identity_authorisation(world.number, legal_context="PCSA:X"))
    for named, given in (([everywhere], {}), ([everywhere, in_context], {"legal_context": "PCSA:X"})):
        records.clear()
        await world.shown(FRIEND, **given)
        ids = sorted(str(each.id) for each in named)
        details = {record.rpc.rpartition("/")[2]: record.details for record in records}
        assert set(details) == {"GetHistory", "ListMutations", "Subscribe"}
        for each in details.values():
            assert each == {"authorisations": ids, "mandates": [str(mandate.id)]}


async def test_audit_names_no_authorisation_where_none_counts(world: World) -> None:
    await world.stream.rights.put(identity_authorisation(world.number, legal_context="PCSA:X"))
    await world.shown()
    assert all(record.details == {} for record in world.stream.audit.records)


async def test_mandatary_sees_what_both_its_mandate_and_the_authorisation_of_the_register_allow(
    world: World,
) -> None:
    rights = world.stream.rights
    contents = frozenset({Content.IDENTITY})
    mandate = a_mandate(world, {READ, SUBSCRIBE}, contents=contents)
    await rights.put(mandate)
    # Its own authorisation is of no use on the register of another.
    await rights.put(identity_authorisation(FRIEND))
    assert names_alone(await world.shown(FRIEND))
    await rights.put(identity_authorisation(world.number, fields=frozenset({"first_names"})))
    change = await world.shown(FRIEND)
    assert (change.after, list(change.withheld_fields)) == (Identity(first_names=["Zoë"]), ["last_name"])
    await rights.put(mandate.revoked(world.number, NOW), a_mandate(world, {READ, SUBSCRIBE}))
    assert names_alone(await world.shown(FRIEND))


async def test_restricted_mandate_and_authorisation_must_meet_in_one_dossier_type(world: World) -> None:
    rights = world.stream.rights
    await world.inscribe("PENSION")
    await world.rename("Maes", "Anne")
    health, pension = frozenset({"HEALTH"}), frozenset({"PENSION"})
    contents = frozenset({Content.IDENTITY})
    await rights.put(a_mandate(world, {READ, SUBSCRIBE}, dossier_types=health, contents=contents))
    await rights.put(identity_authorisation(world.number, dossier_types=pension))
    assert (await world.shown()).after.last_name == "Maes"
    assert names_alone(await world.shown(FRIEND))
    await rights.put(
        identity_authorisation(world.number, dossier_types=health, fields=frozenset({"last_name"}))
    )
    assert (await world.shown(FRIEND)).after == Identity(last_name="Maes")


async def test_administrator_behind_broken_glass_sees_the_names_alone(world: World) -> None:
    rights = world.stream.rights
    await rights.put(identity_authorisation(world.number))
    taken = Mandate(
        uuid4(),
        world.number,
        ADMINISTRATOR,
        frozenset({READ}),
        ADMINISTRATOR,
        NOW,
        expire_time=NOW + timedelta(hours=1),
        reason="Incident",
        ticket="INC-1",
    )
    await rights.put(taken)
    history = await world.stream.registers.GetHistory(
        registers_v1.GetHistoryRequest(
            register=enterprise_number_text(world.number), niss=f"{world.niss:011d}"
        ),
        metadata=world.metadata(ADMINISTRATOR),
    )
    assert names_alone(newest(history.mutations).identity_change)


async def test_gateway_sees_what_the_organisation_for_which_it_calls_may_see(world: World) -> None:
    rights = world.stream.rights
    rpcs = frozenset(
        {
            "/raas.v1.RegisterService/GetHistory",
            "/raas.v1.MutationStream/ListMutations",
            "/raas.v1.MutationStream/Subscribe",
        }
    )
    await rights.put(
        RoleGrant(
            uuid4(),
            FRIEND,
            Role.GATEWAY,
            ADMINISTRATOR,
            NOW,
            frozenset({world.number}),
            rpcs,
            confirmed_by=world.number,
            confirm_time=NOW,
        ),
        identity_authorisation(FRIEND),
    )
    behalf = enterprise_number_text(world.number)
    assert names_alone(await world.shown(FRIEND, on_behalf_of=behalf))
    await rights.put(identity_authorisation(world.number))
    assert (await world.shown(FRIEND, on_behalf_of=behalf)).after.last_name == "Janssens"


async def test_open_stream_goes_on_without_the_contents_of_an_authorisation_that_ended(world: World) -> None:
    rights, authorisation = world.stream.rights, identity_authorisation(world.number)
    await rights.put(authorisation)
    call = world.stream.stream.Subscribe(
        v1.SubscribeRequest(after_revision=0, kinds=[CHANGED]), metadata=world.metadata(), timeout=30
    )
    changes = changes_of(call)
    assert (await anext(changes)).after.last_name == "Janssens"
    await world.rename("Maes", "Anne")
    assert (await anext(changes)).after.last_name == "Maes"
    await rights.put(authorisation.revoked(FRIEND, NOW))
    await world.rename("Dubois", "Eva")
    assert names_alone(await anext(changes))
    await rights.put(identity_authorisation(world.number))
    await world.rename("Leroy", "Lea")
    assert (await anext(changes)).after.last_name == "Leroy"
    call.cancel()


async def changes_of(call: Any) -> AsyncIterator[IdentityChange]:
    async for message in call:
        for mutation in message.mutations.mutations:
            yield mutation.identity_change


async def test_authorisation_of_a_partner_counts_for_the_dossier_types_kept_for_it(world: World) -> None:
    async with world.persons.engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE dossier_type SET partner = %(partner)s WHERE register_id = %(id)s AND code = 'HEALTH'",
            {"partner": FRIEND, "id": world.register.id},
        )
    await world.stream.rights.put(identity_authorisation(world.number, partner=ADMINISTRATOR))
    assert names_alone(await world.shown())
    await world.stream.rights.put(identity_authorisation(world.number, partner=FRIEND))
    assert (await world.shown()).after.last_name == "Janssens"
