"""Access control: permissions of callers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from raas.domain.calendar.day import brussels_day
from raas.domain.callers.credential import Credential, CredentialKind
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.registers.register import Register
from raas.domain.rights.admission import Admission
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.snapshot import Right
from raas.domain.rights.validity import Validity
from raas.domain.rights.view import Content, RegisterView
from raas.memory.rights import MemoryRights
from raas.usecases.calls.access import AccessControl, AdmittedRegister
from raas.usecases.calls.call import Call, Caller
from raas.usecases.calls.permission import Permission
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.ports.errors import StoreUnavailable
from tests.rights import known_rights

OWN, OTHER, NOBODY = (EnterpriseNumber(n) for n in (999999922, 999999823, 999999724))
ROUTER, FRIEND, ADMINISTRATOR = (EnterpriseNumber(n) for n in (200000042, 206731645, 316380841))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
AS_ROUTER = RegisterView()
CALL_ID = UUID("12345678-1234-4234-8234-123456789012")
REGISTERS = "/raas.v1.RegisterService/"
ADMINISTRATION = "/raas.v1.AdministrationService/"
PERMISSIONS = {
    REGISTERS + "Consult": Permission.READ,
    REGISTERS + "Inscribe": Permission.WRITE,
    REGISTERS + "Subscribe": Permission.SUBSCRIBE,
    REGISTERS + "CheckInscriptions": Permission.CHECK,
    REGISTERS + "FindRegisters": Permission.ROUTE,
    ADMINISTRATION + "CreateRegister": Permission.ADMINISTRATION,
    ADMINISTRATION + "ListRegisters": Permission.ADMINISTRATION,
}


def register(id_: int, number: EnterpriseNumber) -> Register:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Register(id_, number, "", CALL_ID, 0, 0, now, 0, 0, b"", now)


class Registers:
    def __init__(self) -> None:
        self.known = {OWN: register(1, OWN), OTHER: register(2, OTHER)}
        self.asked: list[Sequence[EnterpriseNumber]] = []

    async def find(self, number: EnterpriseNumber) -> Register | None:
        self.asked.append([number])
        return self.known.get(number)

    async def ids_of(self, numbers: Sequence[EnterpriseNumber]) -> Mapping[EnterpriseNumber, int]:
        self.asked.append(numbers)
        return {number: self.known[number].id for number in numbers if number in self.known}


@pytest.fixture
def registers() -> Registers:
    return Registers()


@pytest.fixture
async def rights() -> RightsCache:
    return await known_rights(
        grant(ROUTER, Role.ROUTER),
        mandate(MandatePermission.READ, MandatePermission.WRITE),
        administrators=frozenset({ADMINISTRATOR}),
    )


@pytest.fixture
def access(registers: Registers, rights: RightsCache) -> AccessControl:
    return AccessControl(registers, None, PERMISSIONS, rights)  # type: ignore[arg-type]


def call(rpc: str = "Consult", owner: EnterpriseNumber = OWN, *, all_rights: bool = False) -> Call:
    name = rpc if rpc.startswith("/") else REGISTERS + rpc
    return Call(Caller(owner, all_rights), CALL_ID, name)


def grant(organisation: EnterpriseNumber, role: Role, **changes: Any) -> RoleGrant:
    return RoleGrant(uuid4(), organisation, role, ADMINISTRATOR, NOW, **changes)


def admission(organisation: EnterpriseNumber) -> Admission:
    last = date.max.toordinal()
    return Admission(uuid4(), organisation, "adviser", "officer", "2024", last, False, ADMINISTRATOR, NOW)


def mandate(*permissions: MandatePermission, **changes: Any) -> Mandate:
    """A mandate of FRIEND on the register of OTHER."""
    return Mandate(uuid4(), OTHER, FRIEND, frozenset(permissions), OTHER, NOW, **changes)


async def refusal(awaitable: object) -> list[tuple[str, Reason, dict[str, str]]]:
    with pytest.raises(Refused) as raised:
        await awaitable  # type: ignore[misc]
    return [(v.field, v.reason, dict(v.values)) for v in raised.value.violations]


async def test_own_register_is_admitted(access: AccessControl) -> None:
    assert await access.admit_id(call(), None) == AdmittedRegister(1, OWN)
    assert await access.admit_id(call(), OWN) == AdmittedRegister(1, OWN)
    assert (await access.admit(call(), None)).id == 1


async def test_another_register_without_a_mandate_is_refused(access: AccessControl) -> None:
    missing = [("register", Reason.MANDATE_MISSING, {"register": "0999999823"})]
    assert await refusal(access.admit_id(call(), OTHER)) == missing
    assert await refusal(access.admit(call(), OTHER)) == missing
    assert await access.admit_id(call(all_rights=True), OTHER) == AdmittedRegister(2, OTHER)


async def test_missing_register_is_refused_like_one_without_a_mandate(
    access: AccessControl, registers: Registers
) -> None:
    missing = [("register", Reason.MANDATE_MISSING, {"register": "0999999724"})]
    assert await refusal(access.admit_id(call(), NOBODY)) == missing
    # Without a mandate the store is not even asked: the time of the answer tells nothing.
    assert registers.asked == []
    assert await refusal(access.admit_id(call(all_rights=True), NOBODY)) == missing
    assert await refusal(access.admit(call(all_rights=True), NOBODY)) == missing


async def test_own_number_without_a_register_is_register_unknown(access: AccessControl) -> None:
    expected = [("register", Reason.REGISTER_UNKNOWN, {"register": "0999999724"})]
    assert await refusal(access.admit_id(call(owner=NOBODY), None)) == expected
    assert await refusal(access.admit(call(owner=NOBODY), NOBODY)) == expected


async def test_register_found_once_is_not_looked_up_again(
    access: AccessControl, registers: Registers
) -> None:
    for _ in range(3):
        await access.admit_id(call(), None)
    assert registers.asked == [[OWN]]


async def test_register_created_later_is_found(access: AccessControl, registers: Registers) -> None:
    await refusal(access.admit_id(call(owner=NOBODY), None))
    registers.known[NOBODY] = register(3, NOBODY)
    assert await access.admit_id(call(owner=NOBODY), None) == AdmittedRegister(3, NOBODY)


async def test_mandate_is_checked_for_registers_found_before(access: AccessControl) -> None:
    await access.admit_id(call(all_rights=True), OTHER)
    assert (await refusal(access.admit_id(call(), OTHER)))[0][1] is Reason.MANDATE_MISSING


async def test_many_registers_are_looked_up_in_one_snapshot(
    access: AccessControl, registers: Registers
) -> None:
    await access.admit_id(call(), OWN)
    admit = await access.admitting(call("CheckInscriptions", ROUTER), [OWN, OTHER, NOBODY, OTHER])
    assert registers.asked == [[OWN], [OTHER, NOBODY]]
    assert [await admit(number) for number in (OWN, OTHER)] == [
        AdmittedRegister(1, OWN, AS_ROUTER),
        AdmittedRegister(2, OTHER, AS_ROUTER),
    ]
    assert (await refusal(admit(NOBODY)))[0][1] is Reason.MANDATE_MISSING
    assert len(registers.asked) == 2


async def test_router_may_only_check_other_registers(access: AccessControl) -> None:
    router = call("CheckInscriptions", ROUTER)
    assert await (await access.admitting(router, [OTHER]))(OTHER) == AdmittedRegister(2, OTHER, AS_ROUTER)
    plain = call("CheckInscriptions")
    assert (await refusal((await access.admitting(plain, [OTHER]))(OTHER)))[0][1] is Reason.MANDATE_MISSING
    assert (await refusal(access.admit_id(call("Consult", ROUTER), OTHER)))[0][1] is Reason.MANDATE_MISSING


async def test_call_without_a_register_requires_a_role(access: AccessControl) -> None:
    await access.enter(call("FindRegisters", ROUTER))
    await access.enter(call(ADMINISTRATION + "CreateRegister", ADMINISTRATOR))
    for rpc in ("FindRegisters", ADMINISTRATION + "ListRegisters"):
        with pytest.raises(Refused, match="ROLE_MISSING"):
            await access.enter(call(rpc))


async def test_mandate_admits_to_the_permissions_that_it_names(access: AccessControl) -> None:
    assert (await access.admit_id(call("Consult", FRIEND), OTHER)).id == 2
    assert (await access.admit_id(call("Inscribe", FRIEND), OTHER)).id == 2
    assert (await refusal(access.admit_id(call("Subscribe", FRIEND), OTHER)))[0][1] is Reason.MANDATE_MISSING
    assert (await refusal(access.admit_id(call("Consult", FRIEND), NOBODY)))[0][1] is Reason.MANDATE_MISSING


async def test_register_is_admitted_with_the_view_of_the_mandate(registers: Registers) -> None:
    only_a = frozenset({"A"})
    for changes, view in (
        ({}, RegisterView()),
        ({"contents": frozenset(Content)}, RegisterView(None, dict.fromkeys(Content))),
        ({"dossier_types": only_a}, RegisterView(only_a)),
        (
            {"dossier_types": only_a, "contents": frozenset({Content.IDENTITY})},
            RegisterView(only_a, {Content.IDENTITY: only_a}),
        ),
    ):
        rights = await known_rights(mandate(*MandatePermission, **changes))
        access = AccessControl(registers, None, PERMISSIONS, rights)  # type: ignore[arg-type]
        for rpc in ("Consult", "Inscribe", "Subscribe"):
            assert await access.admit_id(call(rpc, FRIEND), OTHER) == AdmittedRegister(2, OTHER, view)


async def test_open_stream_is_lost_when_its_view_becomes_narrower(registers: Registers) -> None:
    async def access_with(*rights: Right) -> AccessControl:
        return AccessControl(registers, None, PERMISSIONS, await known_rights(*rights))  # type: ignore[arg-type]

    subscribe, contents = MandatePermission.SUBSCRIBE, frozenset(Content)
    whole = mandate(subscribe, contents=contents)
    stream = call("Subscribe", FRIEND)
    admitted = await (await access_with(whole)).admit_id(stream, OTHER)

    async def lost(*rights: Right) -> Reason | None:
        refused = (await access_with(*rights)).lost(stream, admitted)
        return None if refused is None else refused.violations[0].reason

    assert await lost(whole) is None
    assert await lost(mandate(subscribe, MandatePermission.READ, contents=contents)) is None
    assert await lost(whole.revoked(OTHER, NOW)) is Reason.MANDATE_MISSING
    narrower = {"dossier_types": frozenset({"A"}), "contents": contents}
    assert await lost(mandate(subscribe, **narrower)) is Reason.MANDATE_MISSING
    assert await lost(mandate(subscribe)) is Reason.MANDATE_MISSING
    own = await (await access_with()).admit_id(call("Subscribe"), OWN)
    assert (await access_with()).lost(call("Subscribe"), own) is None


async def test_open_stream_is_lost_with_its_role(registers: Registers) -> None:
    given = grant(ROUTER, Role.ROUTER)
    stream = call("FindRegisters", ROUTER)
    for rights, reason in (([given], None), ([given.revoked(ADMINISTRATOR, NOW)], Reason.ROLE_MISSING)):
        access = AccessControl(registers, None, PERMISSIONS, await known_rights(*rights))  # type: ignore[arg-type]
        refused = access.lost(stream, None)
        assert (None if refused is None else refused.violations[0].reason) is reason


async def test_no_decision_rests_on_rights_older_than_a_second(registers: Registers) -> None:
    now = 0.0
    store = MemoryRights()
    cache = RightsCache(store.reader(), frozenset({ADMINISTRATOR}), lambda: now)
    access = AccessControl(registers, None, PERMISSIONS, cache)  # type: ignore[arg-type]
    await cache.read()
    now = 1.0
    await access.admit_id(call(), OWN)
    now = 1.001
    waiting = asyncio.create_task(access.admit_id(call(), OWN))
    await asyncio.sleep(0)
    await cache.read()
    assert (await waiting).id == 1
    now = 3.0
    late = Call(Caller(OWN), CALL_ID, REGISTERS + "Consult", deadline=now)
    with pytest.raises(StoreUnavailable):
        await access.enter(late)
    await access.enter(call(all_rights=True))


# ---- gateways -----------------------------------------------------------------------------------


def gateway(
    organisation: EnterpriseNumber,
    *organisations: EnterpriseNumber,
    rpcs: Iterable[str] = (REGISTERS + "Consult",),
) -> RoleGrant:
    return grant(
        organisation,
        Role.GATEWAY,
        organisations=frozenset(organisations),
        rpcs=frozenset(rpcs),
        confirmed_by=ADMINISTRATOR,
        confirm_time=NOW,
    )


async def _gateway(rpcs: Iterable[str] = (REGISTERS + "Consult",)) -> RightsCache:
    """FRIEND has a mandate on the register of OTHER; ROUTER is a gateway of FRIEND, and a router itself."""
    return await known_rights(
        grant(ROUTER, Role.ROUTER),
        grant(FRIEND, Role.ROUTER),
        gateway(ROUTER, FRIEND, OWN, rpcs=rpcs),
        mandate(MandatePermission.READ),
        administrators=frozenset({ADMINISTRATOR}),
    )


def on_behalf_of(organisation: EnterpriseNumber, rpc: str = "Consult") -> Call:
    return Call(Caller(ROUTER, on_behalf_of=organisation), CALL_ID, REGISTERS + rpc)


async def test_a_gateway_has_the_register_and_the_mandates_of_the_organisation(registers: Registers) -> None:
    access = AccessControl(registers, None, PERMISSIONS, await _gateway())  # type: ignore[arg-type]
    await access.enter(on_behalf_of(OWN))
    assert await access.admit_id(on_behalf_of(OWN), None) == AdmittedRegister(1, OWN)
    assert (await access.admit_id(on_behalf_of(FRIEND), OTHER)).id == 2
    missing = [("register", Reason.MANDATE_MISSING, {"register": "0999999823"})]
    assert await refusal(access.admit_id(on_behalf_of(OWN), OTHER)) == missing


async def test_a_gateway_is_refused_beyond_its_organisations_and_rpcs(registers: Registers) -> None:
    access = AccessControl(registers, None, PERMISSIONS, await _gateway())  # type: ignore[arg-type]
    missing = [("", Reason.ROLE_MISSING, {"role": "GATEWAY"})]
    assert await refusal(access.enter(on_behalf_of(OTHER))) == missing
    assert await refusal(access.enter(on_behalf_of(OWN, "Inscribe"))) == missing
    not_a_gateway = Call(Caller(FRIEND, on_behalf_of=OWN), CALL_ID, REGISTERS + "Consult")
    assert await refusal(access.enter(not_a_gateway)) == missing


@pytest.mark.parametrize("caller", [FRIEND, ROUTER])
async def test_caller_that_is_no_gateway_for_an_organisation_learns_nothing_about_it(
    registers: Registers, caller: EnterpriseNumber
) -> None:
    """Neither whether it is blocked, nor whether it is admitted, nor whether it exists."""
    block = CredentialBlock(
        uuid4(), BlockedBy.ENTERPRISE_NUMBER, enterprise_number_text(OTHER), "left", ADMINISTRATOR, NOW
    )
    admitted = [admission(each) for each in (FRIEND, ROUTER, ADMINISTRATOR)]
    access = AccessControl(
        registers,  # type: ignore[arg-type]
        None,
        PERMISSIONS,
        await known_rights(block, gateway(ROUTER, OWN), *admitted),
        admissions_required=True,
    )
    for organisation in (OTHER, NOBODY, ADMINISTRATOR):
        on_behalf = Caller(caller, credential=CREDENTIAL, on_behalf_of=organisation)
        refused = access.enter(Call(on_behalf, CALL_ID, REGISTERS + "Consult"))
        assert await refusal(refused) == [("", Reason.ROLE_MISSING, {"role": "GATEWAY"})]


async def test_a_gateway_has_none_of_anybodys_roles(registers: Registers) -> None:
    rpcs = frozenset({REGISTERS + "FindRegisters", REGISTERS + "CheckInscriptions"})
    access = AccessControl(registers, None, PERMISSIONS, await _gateway(rpcs=rpcs))  # type: ignore[arg-type]
    missing = [("", Reason.ROLE_MISSING, {"role": "ROUTER"})]
    assert await refusal(access.enter(on_behalf_of(FRIEND, "FindRegisters"))) == missing
    check = on_behalf_of(OWN, "CheckInscriptions")
    admit = await access.admitting(check, [OTHER])
    assert await refusal(admit(OTHER)) == [("register", Reason.MANDATE_MISSING, {"register": "0999999823"})]


# ---- blocks and legal contexts ------------------------------------------------------------------


CREDENTIAL = Credential(
    CredentialKind.CERTIFICATE, FRIEND, "urn:app", "f" * 64, float("inf"), "k" * 64, "CN=CA:0a", "jti"
)


@pytest.mark.parametrize(
    ("feature", "value"),
    [
        (BlockedBy.FINGERPRINT, "f" * 64),
        (BlockedBy.PUBLIC_KEY, "k" * 64),
        (BlockedBy.ISSUER_SERIAL, "CN=CA:0a"),
        (BlockedBy.TOKEN_ID, "jti"),
        (BlockedBy.APPLICATION, "urn:app"),
        (BlockedBy.ENTERPRISE_NUMBER, enterprise_number_text(FRIEND)),
    ],
)
async def test_a_blocked_credential_is_refused_and_ends_streams(
    registers: Registers, feature: BlockedBy, value: str
) -> None:
    block = CredentialBlock(uuid4(), feature, value, "lost", ADMINISTRATOR, NOW)
    other = CredentialBlock(uuid4(), feature, value + "x", "lost", ADMINISTRATOR, NOW)
    caller = Call(Caller(FRIEND, credential=CREDENTIAL), CALL_ID, REGISTERS + "Consult")
    for rights, refused in (([other], False), ([block], True), ([block.revoked(FRIEND, NOW)], False)):
        access = AccessControl(registers, None, PERMISSIONS, await known_rights(*rights))  # type: ignore[arg-type]
        if refused:
            assert await refusal(access.enter(caller)) == [("", Reason.UNAUTHENTICATED, {})]
            lost = access.lost(caller, None)
            assert lost is not None
            assert lost.violations[0].reason is Reason.UNAUTHENTICATED
        else:
            await access.enter(caller)
            assert access.lost(caller, None) is None


async def test_a_block_of_the_certificate_refuses_a_token_beside_it(registers: Registers) -> None:
    block = CredentialBlock(uuid4(), BlockedBy.FINGERPRINT, "f" * 64, "lost", ADMINISTRATOR, NOW)
    rights = await known_rights(block)
    access = AccessControl(registers, None, PERMISSIONS, rights)  # type: ignore[arg-type]
    token = Credential(
        CredentialKind.TOKEN, FRIEND, "urn:app", "0" * 64, float("inf"), certificate=CREDENTIAL
    )
    refused = access.enter(Call(Caller(FRIEND, credential=token), CALL_ID, REGISTERS + "Consult"))
    assert await refusal(refused) == [("", Reason.UNAUTHENTICATED, {})]


async def test_a_gateway_does_not_call_on_behalf_of_a_blocked_organisation(registers: Registers) -> None:
    block = CredentialBlock(
        uuid4(), BlockedBy.ENTERPRISE_NUMBER, enterprise_number_text(OWN), "left", ADMINISTRATOR, NOW
    )
    rights = await known_rights(block, gateway(FRIEND, OWN))
    access = AccessControl(registers, None, PERMISSIONS, rights)  # type: ignore[arg-type]
    caller = Caller(FRIEND, credential=CREDENTIAL, on_behalf_of=OWN)
    refused = access.enter(Call(caller, CALL_ID, REGISTERS + "Consult"))
    assert await refusal(refused) == [("", Reason.UNAUTHENTICATED, {})]


async def test_a_call_needs_an_allowed_legal_context_where_they_are_required(registers: Registers) -> None:
    find, check = REGISTERS + "FindRegisters", REGISTERS + "CheckInscriptions"
    day = brussels_day(NOW)
    rights = await known_rights(
        grant(ROUTER, Role.ROUTER),
        LegalContext(uuid4(), ROUTER, "PCSA:X", frozenset({find}), ADMINISTRATOR, NOW),
        LegalContext(
            uuid4(),
            ROUTER,
            "PCSA:OLD",
            frozenset({find}),
            ADMINISTRATOR,
            NOW,
            validity=Validity(None, day - 1),
        ),
        LegalContext(uuid4(), OTHER, "PCSA:OTHER", frozenset({find}), ADMINISTRATOR, NOW),
    )
    access = AccessControl(registers, None, PERMISSIONS, rights, {find, check})  # type: ignore[arg-type]

    def called(rpc: str, legal_context: str | None, **caller: Any) -> Call:
        return Call(Caller(ROUTER, **caller), CALL_ID, rpc, legal_context=legal_context)

    place = "metadata.raas-legal-context"
    assert await refusal(access.enter(called(find, None))) == [(place, Reason.LEGAL_CONTEXT_REQUIRED, {})]
    for context in ("PCSA:Y", "PCSA:OLD", "PCSA:OTHER"):
        not_allowed = [(place, Reason.LEGAL_CONTEXT_NOT_ALLOWED, {})]
        assert await refusal(access.enter(called(find, context))) == not_allowed
    assert await refusal(access.enter(called(check, "PCSA:X"))) == [
        (place, Reason.LEGAL_CONTEXT_NOT_ALLOWED, {})
    ]
    await access.enter(called(find, "PCSA:X"))
    assert access.routed_view(called(find, "PCSA:X")) == RegisterView(None)
    await access.enter(called(REGISTERS + "Consult", None))
    await access.enter(called(find, None, all_rights=True))


async def test_a_legal_context_restricts_the_dossier_types(registers: Registers) -> None:
    find = REGISTERS + "FindRegisters"
    context = LegalContext(
        uuid4(), ROUTER, "PCSA:X", frozenset({find}), ADMINISTRATOR, NOW, frozenset({"A", "B"})
    )
    routing = grant(ROUTER, Role.ROUTER, dossier_types=frozenset({"B", "C"}))
    rights = await known_rights(routing, context)
    access = AccessControl(registers, None, PERMISSIONS, rights, {find})  # type: ignore[arg-type]
    asked = Call(Caller(ROUTER), CALL_ID, find, legal_context="PCSA:X")
    assert access.routed_view(asked).dossier_types == {"B"}


@pytest.mark.parametrize(
    ("organisation", "rpc", "shows"),
    [
        (OWN, "Consult", True),
        (OWN, "CheckInscriptions", True),
        (OWN, "Inscribe", False),
        (FRIEND, "Consult", False),
    ],
)
async def test_only_an_auditor_sees_what_is_restricted(
    registers: Registers, organisation: EnterpriseNumber, rpc: str, shows: bool
) -> None:
    auditor = grant(OWN, Role.AUDITOR, confirmed_by=ADMINISTRATOR, confirm_time=NOW)
    rights = await known_rights(auditor, mandate(MandatePermission.READ))
    access = AccessControl(registers, None, PERMISSIONS, rights)  # type: ignore[arg-type]
    admitted = await access.admit_id(call(rpc, organisation), OWN if organisation == OWN else OTHER)
    assert admitted.view.shows_restricted is shows


async def test_development_identity_does_not_show_what_is_restricted(access: AccessControl) -> None:
    admitted = await access.admit_id(call(all_rights=True), OWN)
    assert not admitted.view.shows_restricted
