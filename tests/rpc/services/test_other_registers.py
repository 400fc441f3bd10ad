"""Every RPC refuses callers without rights: on another register as on a missing one, or without the role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass

from raas.rpc.calls.permissions import declared_permissions
from raas.rpc.services.catalogue import PERSONS, SERVICES
from raas.usecases.calls.permission import ROLES, Permission
from tests.protos.documented import samples
from tests.rpc.harness import NOBODY, OTHER, Harness, Refusal, open_harness, told, with_its_status
from tests.rpc.services.test_rights_service import ADMINISTRATORS, FRIEND, OWN, call, proven

RPCS = {f"/{service.full_name}/{rpc.name}": rpc for service in SERVICES for rpc in service.methods}
PERMISSIONS = declared_permissions(SERVICES)
BY_ITSELF = {Permission.IDENTIFIED, Permission.AUDIT}
NEED_ROLE = sorted(rpc for rpc, permission in PERMISSIONS.items() if permission in ROLES)
ON_A_REGISTER = sorted(
    rpc
    for rpc, method in RPCS.items()
    if rpc not in NEED_ROLE and PERMISSIONS[rpc] not in BY_ITSELF
    if "register" in method.input_type.fields_by_name
)


@pytest.fixture(scope="module")
async def harness() -> AsyncIterator[Harness]:
    async with open_harness(proven, ADMINISTRATORS) as opened:
        await call(
            opened, OTHER, "GrantMandate", {"mandatary": FRIEND, "permissions": ["MANDATE_PERMISSION_READ"]}
        )
        yield opened


async def first_answer(
    harness: Harness, method: MethodDescriptor, request: dict[str, Any], caller: str
) -> None:
    """Make a call; of a stream the first answer is awaited."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    asked, answered = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    message, codec = ParseDict(request, asked()), (asked.SerializeToString, answered.FromString)
    metadata = (("raas-enterprise-number", caller),)
    if method.client_streaming:
        stream = harness.channel.stream_stream(path, *codec)
        await with_its_status(lambda: stream(iter([message]), metadata=metadata).read())
    elif method.server_streaming:
        await harness.channel.unary_stream(path, *codec)(message, metadata=metadata).read()
    else:
        await harness.channel.unary_unary(path, *codec)(message, metadata=metadata)


async def refusal(
    harness: Harness, method: MethodDescriptor, request: dict[str, Any], caller: str
) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await first_answer(harness, method, request, caller)
    return told(raised.value)


def test_every_rpc_names_a_register_or_needs_a_role_or_checks_registers_by_itself() -> None:
    others = RPCS.keys() - {*ON_A_REGISTER, *NEED_ROLE}
    persons = {rpc for rpc in others if rpc.startswith(f"/{PERSONS.full_name}/")}
    # Everybody sees its own usage (test_usage) and the audit of its own register (test_audit_records).
    decide = {"CheckInscriptions", "GetUsage", "ListAuditRecords"}
    assert {rpc.rpartition("/")[2] for rpc in others - persons} == decide
    # Of their own register.
    assert {rpc.rpartition("/")[2] for rpc in persons} == {"GetPerson", "ConfrontIdentity"}


@pytest.mark.parametrize("rpc", ON_A_REGISTER)
async def test_register_of_others_is_refused_like_a_missing_one(harness: Harness, rpc: str) -> None:
    request = samples()[rpc][0]
    refusals = [
        await refusal(harness, RPCS[rpc], {**request, "register": register}, OWN)
        for register in (OTHER, NOBODY)
    ]
    for each, register in zip(refusals, (OTHER, NOBODY), strict=True):
        assert (each.status, each.info.reason) == ("PERMISSION_DENIED", "MANDATE_MISSING")
        assert dict(each.info.metadata) == {"register": register}
        assert each.violations == []


@pytest.mark.parametrize("rpc", [rpc for rpc in ON_A_REGISTER if PERMISSIONS[rpc].name != "READ"])
async def test_mandate_to_read_gives_nothing_else(harness: Harness, rpc: str) -> None:
    refused = await refusal(harness, RPCS[rpc], {**samples()[rpc][0], "register": OTHER}, FRIEND)
    assert refused.info.reason == "MANDATE_MISSING"


@pytest.mark.parametrize("rpc", NEED_ROLE)
async def test_call_that_needs_a_role_is_refused_without_it(harness: Harness, rpc: str) -> None:
    refused = await refusal(harness, RPCS[rpc], samples()[rpc][0], OWN)
    assert (refused.info.reason, refused.info.metadata["role"]) == (
        "ROLE_MISSING",
        ROLES[PERMISSIONS[rpc]].name,
    )
