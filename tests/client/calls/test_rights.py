"""Mandates and roles by the client, on a real server."""

from __future__ import annotations

from datetime import date

from raas.v1.mandate_pb2 import MandatePermission
from raas.v1.register_pb2 import Register
from raas.v1.role_pb2 import Role
from raas_client import RaasClient
from tests.client.registers import RealRegister
from tests.e2e.servers import Server

READ = MandatePermission.MANDATE_PERMISSION_READ
MANDATARY = "0244640631"


async def test_mandates_are_granted_listed_and_revoked(server: Server) -> None:
    async with RealRegister(server).create().client() as client:
        mandate = await client.grant_mandate(
            MANDATARY, [READ], valid_from=date(2024, 1, 1), legal_basis="Deliberation 24/001"
        )
        assert (mandate.mandatary, mandate.valid_from) == (MANDATARY, "2024-01-01")
        assert [each.id for each in await client.mandates(active_on="2025-01-01").all()] == [mandate.id]
        assert (await client.revoke_mandate(mandate.id)).HasField("revoke_time")
        assert await client.mandates(mandatary=MANDATARY, active_on="2025-01-01").all() == []


async def test_roles_are_granted_listed_and_revoked(server: Server) -> None:
    async with RaasClient(server.target, enterprise_number="0206731645") as client:
        grant = await client.grant_role(MANDATARY, Role.ROLE_ROUTER, dossier_types=["PENSION"])
        listed = client.roles(enterprise_number=MANDATARY, role=Role.ROLE_ROUTER)
        assert grant.id in [each.id for each in await listed.all()]
        assert (await client.confirm_grant(grant.id)).id == grant.id
        assert (await client.revoke_role(grant.id)).HasField("revoke_time")


async def test_glass_is_broken_for_some_hours(server: Server) -> None:
    register = RealRegister(server).create()
    async with RaasClient(server.target, enterprise_number=MANDATARY) as client:
        mandate = await client.break_glass(register.enterprise_number, "Incident", "INC-1", 1)
    assert (mandate.ticket, list(mandate.permissions)) == ("INC-1", [READ])


async def test_codes_of_a_register_are_set_and_removed(server: Server) -> None:
    register = RealRegister(server).create()
    async with RaasClient(server.target, enterprise_number=register.enterprise_number) as client:
        wanted = Register(enterprise_number=register.enterprise_number, name="New", sector=7, institution=0)
        changed = await client.update_register(wanted, ["sector", "institution"])
        assert (changed.sector, changed.institution) == (7, 0)
        assert changed.name != "New"
        bare = Register(enterprise_number=register.enterprise_number)
        assert not (await client.update_register(bare, ["sector"])).HasField("sector")
