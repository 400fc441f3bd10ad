"""Every call leaves a record in a chain that holds, also when the server is killed."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

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
from tests.conftest import GIVEN_DSN
from tests.e2e.registers import TYPES, TestRegister, channel, new_register
from tests.e2e.servers import Server, raas, running_server
from tests.e2e.test_identity import reason_of
from tests.eventually import eventually
from tests.oracle import numbers

ANN, BOB = numbers.niss(1985, 67, 30, 33), numbers.niss(2017, 67, 3, 33)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("audited"), "--audit-checkpoint-seconds", "1") as running:
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


class Load:
    """Callers that call without a pause, and the outcomes of their calls."""

    def __init__(self, register: TestRegister, callers: int = 4) -> None:
        self.ended: dict[UUID, str] = {}
        """The outcomes of the calls that were answered, by their ids."""
        self._register = register
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(n,)) for n in range(callers)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop after the calls that are in progress."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _call(self, caller: int) -> None:
        with channel(self._register.server) as opened:
            stub: Any = RegisterServiceStub(opened)
            calls = [
                (stub.Inscribe, inscribe((ANN, BOB)[caller % 2])),
                (stub.Consult, v1.ConsultRequest(niss=[ANN, BOB])),
                (stub.GetHistory, v1.GetHistoryRequest(niss=BOB, dossier_type="NONE")),
            ]
            for rpc, request in itertools.cycle(calls):
                if self._stop.is_set():
                    return
                outcome = "OK"
                try:
                    _, ended = rpc.with_call(request, metadata=self._register.caller, timeout=30)
                except grpc.RpcError as error:
                    if error.code() is grpc.StatusCode.UNAVAILABLE:
                        continue
                    ended, outcome = error, reason_of(error)
                (call_id,) = (value for key, value in ended.trailing_metadata() if key == "raas-call-id")
                self.ended[UUID(call_id)] = outcome


def usage_of(server: Server, register: TestRegister) -> dict[str, int]:
    """The calls that usage has of a register, served and refused, by the names of the RPCs."""
    with psycopg.connect(server.dsn) as connection:
        rows = connection.execute(
            "SELECT rpc, sum(calls + refused) FROM usage_count WHERE register = %s GROUP BY rpc",
            [int(register.number)],
        ).fetchall()
    return {rpc.rpartition("/")[2]: int(many) for rpc, many in rows}


@pytest.mark.faults
def test_answered_calls_are_recorded_and_counted_whenever_the_server_is_killed(server: Server) -> None:
    register = new_register(server)
    loads: list[Load] = []
    stored = 0
    for _ in range(2):
        load = Load(register)
        loads.append(load)
        ended = load.ended
        eventually(lambda ended=ended: len(ended) >= 150, 60)
        if len(loads) == 1:
            # Counts are stored every few seconds; what is stored, a kill does not take back.
            stored = eventually(lambda: usage_of(server, register).get("Consult", 0), 60)
        server.kill()
        load.stop()
        server.start()

    def sealed() -> int:
        return [records[-1].details.get("cause") for records in chains(server).values()].count("died")

    # Looked for at the start, and again each minute.
    eventually(lambda: sealed() >= len(loads), 120)
    records = of_register(chains(server), register)
    outcomes: dict[UUID, list[str]] = {}
    for record in records:
        if record.call_id is not None:
            outcomes.setdefault(record.call_id, []).append(record.outcome)
    answered = {call_id: outcome for load in loads for call_id, outcome in load.ended.items()}
    assert {call_id: outcomes[call_id] for call_id in answered} == {
        call_id: [outcome] for call_id, outcome in answered.items()
    }
    assert set(answered.values()) == {"OK", "DOSSIER_TYPE_UNKNOWN"}
    counted = usage_of(server, register)
    calls = {name: sum(record.rpc.endswith(f"/{name}") for record in records) for name in counted}
    assert stored <= counted["Consult"]
    assert all(many <= calls[name] for name, many in counted.items())
    if GIVEN_DSN is None:
        verified = raas("audit", "verify", "--json", environment=server.environment)
        assert json.loads(verified.stdout)["sound"] is True


def test_anonymous_calls_are_counted_in_a_record_by_a_server_that_stops(server: Server) -> None:
    request = v1.ConsultRequest()
    with channel(server) as opened:
        for _ in range(20):
            with pytest.raises(grpc.RpcError):
                RegisterServiceStub(opened).Consult(request)
    server.stop()
    server.start()
    counted = [
        (record.actor.peer, record.count)
        for records in chains(server).values()
        for record in records
        if (record.kind, record.outcome) == (RecordKind.REFUSALS, "UNAUTHENTICATED")
    ]
    assert {peer for peer, _ in counted} == {"ipv4:127.0.0.0/24"}
    # The minute may have turned.
    assert sum(many or 0 for _, many in counted) == 20
