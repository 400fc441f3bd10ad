"""The permission that each RPC requires, as the contract declares it by the option `(raas.v1.permission)`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from google.protobuf.descriptor import ServiceDescriptor

from raas.usecases.calls.permission import Permission
from raas.v1 import options_pb2


class PermissionUndeclared(Exception):
    """An RPC declares no permission: it must not be served."""


def declared_permissions(services: Iterable[ServiceDescriptor]) -> Mapping[str, Permission]:
    """The permission of every RPC of these services, by its full name (`/raas.v1.RegisterService/Inscribe`).

    Raises PermissionUndeclared when an RPC declares none.
    """
    declared: dict[str, Permission] = {}
    undeclared = []
    for service in services:
        for method in service.methods:
            rpc = f"/{service.full_name}/{method.name}"
            number = method.GetOptions().Extensions[options_pb2.permission]
            name = options_pb2.CallPermission.Name(number).removeprefix("CALL_PERMISSION_")
            if name in Permission.__members__:
                declared[rpc] = Permission[name]
            else:
                undeclared.append(rpc)
    if undeclared:
        raise PermissionUndeclared(", ".join(sorted(undeclared)))
    return declared


def rpcs_in_legal_contexts(services: Iterable[ServiceDescriptor]) -> frozenset[str]:
    """The full names of the RPCs that declare the option `(raas.v1.legal_context)`."""
    return frozenset(
        f"/{service.full_name}/{method.name}"
        for service in services
        for method in service.methods
        if method.GetOptions().Extensions[options_pb2.legal_context]
    )
