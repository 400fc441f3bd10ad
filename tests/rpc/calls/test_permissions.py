"""The permissions that the contract declares."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from raas.rpc.calls.permissions import PermissionUndeclared, declared_permissions, rpcs_in_legal_contexts
from raas.rpc.services.catalogue import PERSONS, SERVICES
from raas.usecases.calls.permission import Permission
from raas.v1 import options_pb2

EXPECTED = {
    Permission.READ: (
        "GetRegister ListDossierTypes Consult Export GetHistory ExplainDossier ListStaleNiss "
        "GetPerson ConfrontIdentity"
    ),
    Permission.WRITE: "Inscribe Remove ApplyBatch Import",
    Permission.SUBSCRIBE: "Subscribe ListMutations Acknowledge ListSubscribers DeleteSubscriber",
    Permission.ADMINISTER: (
        "CreateDossierType UpdateDossierType GrantMandate RevokeMandate ListMandates ListAuthorisations"
    ),
    Permission.CHECK: "CheckInscriptions",
    Permission.ROUTE: "FindRegisters",
    Permission.ADMINISTRATION: (
        "CreateRegister UpdateRegister ListRegisters GrantRole ConfirmGrant RevokeRole ListRoles BreakGlass "
        "AllowLegalContext RevokeLegalContext ListLegalContexts "
        "BlockCredential UnblockCredential ListBlockedCredentials SetAdmission ListAdmissions "
        "GrantAuthorisation RevokeAuthorisation"
    ),
    Permission.PERSON_REGISTRATION: "SearchPersons CreatePerson UpdatePerson",
    Permission.PERSON_CHECK: "CheckPersons",
    Permission.SOURCE: "ReplaceNiss RestoreNiss CancelNiss ImportPersons",
    Permission.AUDIT: "ListAuditRecords",
    Permission.VERIFICATION: "GetAuditCheckpoint",
    Permission.IDENTIFIED: "GetUsage",
}


def test_every_rpc_declares_the_permission_that_the_contract_gives_it() -> None:
    declared = {
        rpc.rpartition("/")[2]: permission for rpc, permission in declared_permissions(SERVICES).items()
    }
    assert declared == {rpc: permission for permission, rpcs in EXPECTED.items() for rpc in rpcs.split()}


def test_persons_routing_checks_and_bulk_reads_need_a_legal_context() -> None:
    persons = {f"/{PERSONS.full_name}/{method.name}" for method in PERSONS.methods}
    others = {
        "RegisterService": "FindRegisters CheckInscriptions Export",
        "MutationStream": "Subscribe ListMutations",
        "AdministrationService": "ListAuditRecords",
    }
    assert rpcs_in_legal_contexts(SERVICES) == persons | {
        f"/raas.v1.{service}/{rpc}" for service, rpcs in others.items() for rpc in rpcs.split()
    }


def test_proto_permissions_equal_those_of_access_control() -> None:
    declared = {name.removeprefix("CALL_PERMISSION_") for name in options_pb2.CallPermission.keys()}  # noqa: SIM118 - no mapping
    assert declared == {"UNSPECIFIED", *Permission.__members__}


def test_rpc_without_permission_option_is_refused() -> None:
    file = FileDescriptorProto(name="undeclared.proto", package="undeclared")
    file.message_type.add(name="Nothing")
    service = file.service.add(name="Service")
    service.method.add(name="Explode", input_type=".undeclared.Nothing", output_type=".undeclared.Nothing")
    pool = DescriptorPool()
    pool.Add(file)
    with pytest.raises(PermissionUndeclared, match=r"/undeclared\.Service/Explode"):
        declared_permissions([pool.FindServiceByName("undeclared.Service")])
