"""Every call leaves a record in a chain that holds, also when the server is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import grpc
import psycopg
import pytest

from raas.domain.audit.chain import new_chain, process_chain, register_chain
from raas.domain.audit.record import AuditRecord, RecordKind, record_texts
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.storage.audit.proof_store import PostgresProofStore
from raas.storage.connection.database import open_database
from raas.v1 import register_service_pb2 as v1
from raas.v1.inscription_pb2 import Inscription
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.e2e.registers import TYPES, TestRegister, channel, new_register
from tests.e2e.servers import Server, running_server
from tests.eventually import eventually
from tests.oracle import numbers

ANN, BOB = numbers.niss(1985, 67, 30, 33), numbers.niss(2017, 67, 3, 33)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("audited")) as running:
        yield running


def chains(server: Server) -> dict[str, list[AuditRecord]]:
    """The records of every chain; fails where one does not follow the one before it."""

    async def read() -> dict[str, list[AuditRecord]]:
        engine = open_database(server.dsn, size=1, autocommit=True, limits=None)
        try:
            store = PostgresProofStore(engine, number)
            found = {}
            for name in names:
                state, records = new_chain(origin, name), []
                for stored in await store.records(name, 1, 1_000_000):
                    assert stored.record is not None
                    state = state.follow(record_texts(stored.record))
                    assert (stored.index, stored.hash) == (state.length, state.head)
                    records.append(stored.record)
                found[name] = records
            return found
        finally:
            await engine.dispose()

    with psycopg.connect(server.dsn) as connection:
        logs = "SELECT log, origin FROM audit_log ORDER BY log DESC LIMIT 1"
        row = connection.execute(logs).fetchone()
        assert row is not None
        number, origin = row
        processes = connection.execute("SELECT DISTINCT chain FROM audit_call").fetchall()
        registers = connection.execute(
            "SELECT enterprise_number FROM register WHERE id IN (SELECT register_id FROM audit_write)"
        ).fetchall()
    names = [process_chain(process) for (process,) in processes]
    names += [register_chain(EnterpriseNumber(int(register))) for (register,) in registers]
    return asyncio.run(read())


def inscribe(niss: str) -> v1.InscribeRequest:
    return v1.InscribeRequest(niss=niss, dossier_type=TYPES[0], period=Period(begin="2024-01-01"))


def stub_of(server: Server) -> Any:
    return RegisterServiceStub(channel(server))


def of_register(found: dict[str, list[AuditRecord]], register: TestRegister) -> list[AuditRecord]:
    number = int(register.number)
    return [record for records in found.values() for record in records if record.register == number]


def test_calls_leave_records_of_the_numbers_touched_and_shown(server: Server) -> None:
    register, stub = new_register(server), stub_of(server)
    metadata = (*register.caller, ("raas-ticket", "T-1"), ("raas-end-user", "clerk 7"))
    stub.Inscribe(inscribe(ANN), metadata=metadata)
    stub.Consult(v1.ConsultRequest(niss=[ANN, BOB]), metadata=metadata)
    with pytest.raises(grpc.RpcError):
        stub.GetHistory(v1.GetHistoryRequest(niss=BOB, dossier_type="NONE"), metadata=metadata)
    list(stub.Export(v1.ExportRequest(), metadata=metadata))
    list(stub.Import(iter([v1.ImportRequest(operations=[_row(BOB)])]), metadata=metadata))
    records = of_register(chains(server), register)
    by_rpc = {(record.rpc.rpartition("/")[2], record.kind): record for record in records}
    written = by_rpc["Inscribe", RecordKind.CALL]
    assert (written.touched, written.shown, written.ticket) == ((int(ANN),), (int(ANN),), "T-1")
    assert written.actor.end_user == "clerk 7"
    assert written.actor.credential == "development"
    assert (written.actor.peer or "").startswith("ipv4:127.0.0.1:")
    read = by_rpc["Consult", RecordKind.CALL]
    assert (set(read.touched), set(read.shown)) == ({int(ANN), int(BOB)}, {int(ANN)})
    assert read.revision == written.revision
    refused = by_rpc["GetHistory", RecordKind.CALL]
    assert (refused.touched, refused.shown, refused.outcome) == ((int(BOB),), (), "DOSSIER_TYPE_UNKNOWN")
    assert by_rpc["Export", RecordKind.EXTENT].bulk is not None
    exported = by_rpc["Export", RecordKind.CALL].bulk
    assert exported is not None
    assert exported.count == 1
    imported = [record for record in records if record.rpc.endswith("/Import")]
    assert [record.touched for record in imported if record.touched] == [(int(BOB),)]


def _row(niss: str) -> v1.BatchOperation:
    return v1.BatchOperation(
        inscribe=Inscription(niss=niss, dossier_type=TYPES[0], period=Period(begin="2024-01-01"))
    )


def test_chains_hold_after_a_kill_and_a_successor_seals_them(server: Server) -> None:
    register, stub = new_register(server), stub_of(server)
    calls = [stub.Consult.future(v1.ConsultRequest(), metadata=register.caller) for _ in range(50)]
    calls += [stub.Inscribe.future(inscribe(niss), metadata=register.caller) for niss in (ANN, BOB) * 25]
    answered = sum(call.exception(timeout=30) is None for call in calls[:20])
    server.kill()
    server.start()

    def sealed() -> bool:
        return any(records[-1].details.get("cause") == "died" for records in chains(server).values())

    eventually(sealed)
    found = chains(server)
    consulted = [each for each in of_register(found, register) if each.rpc.endswith("/Consult")]
    assert len(consulted) >= answered
