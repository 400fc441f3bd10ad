"""The usage of a caller equals what the audit has recorded of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime

from raas.domain.billing import brussels_month, month_text
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.usage_pb2 import Usage
from raas_client import RaasClient, Refused, inscription
from tests.e2e.registers import TYPES, new_register
from tests.e2e.servers import Server
from tests.oracle import numbers

MONTH = month_text(brussels_month(datetime.now(UTC)))
LISTED = {"raas.v1.AdministrationService/ListAuditRecords", "raas.v1.AdministrationService/GetUsage"}
PARTNER = numbers.enterprise_number(1_234_567)
PEOPLE = [numbers.niss(1985, 67, 30, 11 + 2 * place) for place in range(6)]


async def test_usage_equals_the_audit(server: Server) -> None:
    register = new_register(server)
    number = register.number
    async with RaasClient(
        server.target, enterprise_number=number, legal_context="AUDIT", ticket="CASE-1"
    ) as client:
        await client.create_dossier_type(DossierType(code="RECONCILED", partner=PARTNER))
        for niss in PEOPLE[:4]:
            await client.inscribe(niss, "RECONCILED", "2024-01-01")
        operations = [inscription(niss, "RECONCILED", "2025-01-01", "2025-02-01") for niss in PEOPLE]
        await client.apply_batch(operations)
        for _ in range(3):
            await client.consult(niss=PEOPLE, active_on="2025-01-05").all()
            assert len([each async for each in client.export()]) == len(PEOPLE)
        for types in (["RECONCILED"], ["RECONCILED", TYPES[0]]):
            await client.consult(dossier_types=types).all()
            assert len([each async for each in client.export(dossier_types=types)]) == len(PEOPLE)
            await client.mutations(dossier_types=types).all()
        await client.history(PEOPLE[0], "RECONCILED").all()
        await client.history(PEOPLE[0]).all()
        await client.explain(PEOPLE[0], date(2024, 2, 1), "RECONCILED")
        for _ in range(2):
            with suppress(Refused):
                await client.inscribe(PEOPLE[0], "UNKNOWN", "2024-01-01")
        expected = Counter[tuple[str, bool]]()
        calls = set()
        async for record in client.audit_records(caller=number):
            # A call that the server could not serve is recorded, and not charged.
            if record.rpc in LISTED or record.outcome in ("UNAVAILABLE", "INTERNAL"):
                continue
            if (record.call_id, record.rpc) not in calls:
                calls.add((record.call_id, record.rpc))
                expected[record.rpc, record.outcome in ("OK", "CANCELLED")] += 1
        assert expected["raas.v1.RegisterService/Inscribe", True] == 4
        assert expected["raas.v1.RegisterService/Inscribe", False] == 2

        async def counted() -> tuple[Counter[tuple[str, bool]], list[Usage]]:
            found = Counter[tuple[str, bool]]()
            rows = await client.usage(caller=number, from_month=MONTH).all()
            for row in rows:
                if row.rpc not in LISTED:
                    found[row.rpc, True] += row.calls
                    found[row.rpc, False] += row.refused
            return +found, rows

        async with asyncio.timeout(60):
            while (await counted())[0].total() < expected.total():
                await asyncio.sleep(0.2)
        found, rows = await counted()
        assert found == expected
        (batch,) = [row for row in rows if row.rpc.endswith("/ApplyBatch")]
        assert (batch.calls, batch.items, batch.partner) == (1, len(PEOPLE), PARTNER)
        # The month may turn while the test runs: then there are two rows of an RPC.
        for_partner = Counter[str]()
        for row in rows:
            if row.partner == PARTNER:
                for_partner[row.rpc.rpartition("/")[2]] += row.calls
        assert for_partner == {"Inscribe": 4, "ApplyBatch": 1} | dict.fromkeys(
            ("Consult", "Export", "ListMutations", "GetHistory", "ExplainDossier"), 1
        )
