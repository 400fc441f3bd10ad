"""The services of the contract, each composed of servicers.

A servicer is a plain object with one method for each of its RPCs, of the same name. It answers messages, or
the bytes of messages that were serialised already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.services.administration import Administration
from raas.rpc.services.audit_records import AuditRecordCalls
from raas.rpc.services.decisions import Decisions
from raas.rpc.services.dossier_types import DossierTypes
from raas.rpc.services.imports import PersonImport, RegisterImport
from raas.rpc.services.inscriptions import Inscriptions
from raas.rpc.services.mutations import Mutations
from raas.rpc.services.person_changes import PersonChanges
from raas.rpc.services.person_reads import PersonReads
from raas.rpc.services.persons_served import PersonsServed
from raas.rpc.services.register_reads import RegisterReads
from raas.rpc.services.rights.admissions import AdmissionCalls
from raas.rpc.services.rights.authorisations import AuthorisationCalls
from raas.rpc.services.rights.credential_blocks import CredentialBlockCalls
from raas.rpc.services.rights.legal_contexts import LegalContextCalls
from raas.rpc.services.rights.mandates import MandateCalls
from raas.rpc.services.rights.roles import RoleCalls
from raas.rpc.services.subscribers import Subscribers
from raas.rpc.services.usage import UsageCalls
from raas.rpc.services.use_cases import PersonUseCases, UseCases
from raas.v1 import (
    administration_service_pb2,
    distribution_service_pb2,
    mutation_stream_pb2,
    person_service_pb2,
    register_service_pb2,
)

REGISTERS = register_service_pb2.DESCRIPTOR.services_by_name["RegisterService"]
ADMINISTRATION = administration_service_pb2.DESCRIPTOR.services_by_name["AdministrationService"]
MUTATIONS = mutation_stream_pb2.DESCRIPTOR.services_by_name["MutationStream"]
PERSONS = person_service_pb2.DESCRIPTOR.services_by_name["PersonService"]
DISTRIBUTION = distribution_service_pb2.DESCRIPTOR.services_by_name["DistributionService"]
SERVICES: Sequence[ServiceDescriptor] = (REGISTERS, ADMINISTRATION, MUTATIONS, PERSONS, DISTRIBUTION)

RPCS = frozenset(f"/{service.full_name}/{method.name}" for service in SERVICES for method in service.methods)
"""The full names of all RPCs."""

_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


def service_handlers(use_cases: UseCases, scopes: RequestScopes) -> list[grpc.GenericRpcHandler]:
    """The handlers of all services."""
    return [
        compose(
            REGISTERS,
            RegisterReads(use_cases, scopes),
            Decisions(use_cases.check, use_cases.routing, scopes),
            Inscriptions(use_cases.write, scopes),
            RegisterImport(use_cases.imports, scopes),
            DossierTypes(use_cases.dossier_types, scopes),
        ),
        compose(
            ADMINISTRATION,
            Administration(use_cases.registers, scopes, use_cases.environment),
            MandateCalls(use_cases.rights.mandates, use_cases.rights.break_glass, scopes),
            RoleCalls(use_cases.rights.roles, use_cases.rights.authorisations, scopes, RPCS),
            LegalContextCalls(use_cases.rights.legal_contexts, scopes, RPCS),
            CredentialBlockCalls(use_cases.rights.blocks, scopes),
            AdmissionCalls(use_cases.rights.admissions, scopes),
            UsageCalls(use_cases.usage, scopes),
            AuditRecordCalls(use_cases.audit, scopes, RPCS),
        ),
        compose(
            MUTATIONS,
            Mutations(use_cases.stream, scopes),
            Subscribers(use_cases.stream.subscribers, scopes),
        ),
        person_service(use_cases.persons, scopes),
        compose(DISTRIBUTION, AuthorisationCalls(use_cases.rights.authorisations, scopes)),
    ]


def person_service(use_cases: PersonUseCases | None, scopes: RequestScopes) -> grpc.GenericRpcHandler:
    """The handlers of PersonService; without use cases, every call is PERSONS_KEPT_ELSEWHERE."""
    persons = PersonsServed(use_cases)
    return compose(
        PERSONS, PersonReads(persons, scopes), PersonChanges(persons, scopes), PersonImport(persons, scopes)
    )


def compose(service: ServiceDescriptor, *servicers: object) -> grpc.GenericRpcHandler:
    """The handlers of a service, each RPC served by the one servicer that has a method of its name.

    Raises ValueError when an RPC has no servicer, or two.
    """
    handlers: dict[str, _Handler] = {}
    for method in service.methods:
        found = [getattr(servicer, method.name) for servicer in servicers if hasattr(servicer, method.name)]
        if len(found) != 1:
            raise ValueError(f"{method.full_name} has {len(found)} servicers")
        handlers[method.name] = _handler(method, found[0])
    return grpc.method_handlers_generic_handler(service.full_name, handlers)


def _handler(method: MethodDescriptor, behaviour: Callable[..., Any]) -> _Handler:
    make: Callable[..., _Handler] = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[method.client_streaming, method.server_streaming]
    return make(behaviour, GetMessageClass(method.input_type).FromString, _serialised)


def _serialised(answer: Message | bytes) -> bytes:
    return answer if isinstance(answer, bytes) else bytes(answer.SerializeToString())
