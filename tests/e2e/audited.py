"""Calls on a running server, each with the audit records that it left, and registers and persons for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import grpc
import psycopg

from raas.domain.audit.record import AuditRecord, RecordKind
from raas.storage.audit.proof_store import PostgresProofStore
from raas.storage.connection.database import open_database
from raas.usecases.ports.audit.proof import StoredRecord
from raas.v1.distribution_service_pb2_grpc import DistributionServiceStub
from tests.e2e.persons import Persons
from tests.e2e.registers import new_register
from tests.e2e.servers import Server
from tests.e2e.test_identity import reason_of

SECONDS = 30
BEGIN, END = "2024-01-01", "2024-12-31"
"""The days on which the registers know a person."""


@dataclass(frozen=True, slots=True)
class AuditedCall:
    """A call that has ended: its response, its outcome, and its audit records in their order."""

    answer: Any
    outcome: str
    stored: Sequence[StoredRecord]

    @property
    def records(self) -> list[AuditRecord]:
        """The records."""
        return [each.record for each in self.stored if each.record is not None]

    @property
    def record(self) -> AuditRecord:
        """The only record."""
        (only,) = self.records
        return only


class AuditedCalls:
    """Makes calls of one organisation, with a legal context, a ticket and an end user."""

    def __init__(self, dsn: str, metadata: Iterable[tuple[str, str]]) -> None:
        context = (("raas-legal-context", "SOC-7"), ("raas-ticket", "T-9"), ("raas-end-user", "clerk 7"))
        self.metadata = (*metadata, *context)
        self._dsn = dsn

    def call(self, rpc: Any, request: Any) -> AuditedCall:
        """Make a call of one request and one response."""
        try:
            answer, ended = rpc.with_call(request, metadata=self.metadata, timeout=SECONDS)
        except grpc.RpcError as error:
            return AuditedCall(None, reason_of(error), self.stored_of(error))
        return AuditedCall(answer, "OK", self.stored_of(ended))

    def stream(self, rpc: Any, request: Any) -> AuditedCall:
        """Make a call that streams its responses to the end."""
        started = rpc(request, metadata=self.metadata, timeout=SECONDS)
        answers: list[Any] = []
        try:
            answers += started
        except grpc.RpcError as error:
            return AuditedCall(answers, reason_of(error), self.stored_of(error))
        return AuditedCall(answers, "OK", self.stored_of(started))

    def stored_of(self, ended: Any) -> Sequence[StoredRecord]:
        """The records of a call that has ended."""
        (call_id,) = (value for key, value in ended.trailing_metadata() if key == "raas-call-id")
        return self.stored(UUID(call_id))

    def stored(self, call_id: UUID) -> Sequence[StoredRecord]:
        """The records of the call with this id."""

        async def read() -> Sequence[StoredRecord]:
            engine = open_database(self._dsn, size=1, autocommit=True, limits=None)
            try:
                return await PostgresProofStore(engine, log).records_of_call(call_id)
            finally:
                await engine.dispose()

        log = self._log()
        return asyncio.run(read())

    def call_ids(self, rpc: str, register: str) -> list[UUID]:
        """The calls of an RPC on a register that have a record among those of processes."""
        with psycopg.connect(self._dsn) as connection:
            rows = connection.execute(
                "SELECT DISTINCT call_id FROM audit_call WHERE rpc = %s AND register = %s",
                (rpc, int(register)),
            )
            return [call_id for (call_id,) in rows]

    def _log(self) -> int:
        with psycopg.connect(self._dsn) as connection:
            row = connection.execute("SELECT max(log) FROM audit_log").fetchone()
        assert row is not None
        return int(row[0])


def numbers(*texts: str) -> tuple[int, ...]:
    """The numbers as a record holds them."""
    return tuple(sorted({int(text) for text in texts}))


class World:
    """Two registers that know a person, and the calls of the owner of the first."""

    def __init__(self, server: Server) -> None:
        self.persons = Persons(server)
        self.register, self.other = new_register(server), new_register(server)
        self.calls = AuditedCalls(server.dsn, self.register.caller)
        self.distribution: Any = DistributionServiceStub(self.persons.channel)
        self.ann, self.bob = self.persons.known(2)
        for register in (self.register, self.other):
            self.persons.inscribe(register, self.ann, BEGIN, END)

    def require(self, record: AuditRecord, rpc: str, **expected: Any) -> None:
        """Compare a record with the caller, the context and what is expected; the rest must be absent."""
        assert record.rpc == f"/raas.v1.{rpc}"
        actor = record.actor
        by = (actor.enterprise_number, actor.application, actor.credential, actor.end_user)
        assert by == (int(self.register.number), None, "development", "clerk 7")
        assert (actor.peer or "").startswith("ipv4:127.0.0.1:")
        assert (record.legal_context, record.ticket) == ("SOC-7", "T-9")
        found = {
            "kind": record.kind,
            "outcome": record.outcome,
            "touched": record.touched,
            "shown": record.shown,
            "register": record.register,
            "revision": record.revision,
            "bulk": record.bulk,
            "details": record.details,
        }
        usual = {"kind": RecordKind.CALL, "outcome": "OK", "touched": (), "shown": (), "details": {}}
        assert found == dict.fromkeys(found) | usual | expected

    @property
    def number(self) -> int:
        return int(self.register.number)
