"""Real faults: killed servers, a killed and a restarted PostgreSQL, two servers on one register."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from raas.storage.embedded import running_dsn
from raas.storage.embedded.place import home_of
from raas.storage.embedded.postmaster import find_postmaster
from raas.storage.embedded.server import CLUSTER
from raas.v1.inscription_pb2 import Inscription
from raas.v1.mutation_pb2 import Mutation, MutationKind
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import (
    ApplyBatchRequest,
    BatchOperation,
    ConsultRequest,
    GetHistoryRequest,
    GetRegisterRequest,
    ImportRequest,
    InscribeRequest,
)
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.conftest import GIVEN_DSN
from tests.e2e.registers import TYPES, new_register
from tests.e2e.servers import Server
from tests.oracle.numbers import niss

pytestmark = pytest.mark.faults


TYPE = "HEALTH_INSURANCE"
PERSONS = [niss(1950 + i // 300, 61, 1 + i % 28, 1 + i % 300) for i in range(2_000)]
embedded_only = pytest.mark.skipif(GIVEN_DSN is not None, reason="kills the embedded PostgreSQL")


BEGUN = len(TYPES)
"""The revision of a new register: one per dossier type."""


class Caller:
    """Calls one server in the name of one register's owner."""

    def __init__(self, target: str, number: str) -> None:
        # Reconnect to a restarted server at once, not after a growing pause.
        options = [("grpc.max_reconnect_backoff_ms", 200), ("grpc.min_reconnect_backoff_ms", 50)]
        self.channel = grpc.insecure_channel(
            target, options=[*options, ("grpc.use_local_subchannel_pool", 1)]
        )
        self.stub = RegisterServiceStub(self.channel)
        self.metadata = (("raas-enterprise-number", number),)

    def inscribe(self, person: str, begin: str, end: str, request_id: str | None = None) -> int:
        """Inscribe until it is known to be committed; returns the revision."""
        request = InscribeRequest(
            niss=person,
            dossier_type=TYPE,
            period=Period(begin=begin, end=end),
            request_id=request_id or uuid4().hex,
        )
        while True:
            try:
                answer = self.stub.Inscribe(request, metadata=self.metadata, wait_for_ready=True, timeout=60)
                return int(answer.revision)
            except grpc.RpcError as error:
                # The request id makes the retry safe: a committed write gets its first answer again.
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise

    def history(self) -> list[Mutation]:
        """The mutations of all persons, in order of revision."""
        found: dict[int, Mutation] = {}
        for person in self.registered():
            token = ""
            while True:
                request = GetHistoryRequest(niss=person, page_size=1_000, page_token=token)
                page = self._read(self.stub.GetHistory, request)
                found.update((m.revision, m) for m in page.mutations)
                token = page.next_page_token
                if not token:
                    break
        return [found[revision] for revision in sorted(found)]

    def registered(self) -> set[str]:
        """The numbers with a line."""
        return {dossier[0] for dossier in self.lines()}

    def lines(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """Every line of the register."""
        found = {}
        token = ""
        while True:
            request = ConsultRequest(page_size=1_000, page_token=token)
            page = self._read(self.stub.Consult, request)
            for dossier in page.dossiers:
                key = (dossier.niss, dossier.dossier_type)
                found[key] = [(period.begin, period.end) for period in dossier.periods]
            token = page.next_page_token
            if not token:
                return found

    def revision(self) -> int:
        """The last revision of the register."""
        return int(self._read(self.stub.GetRegister, GetRegisterRequest()).register.revision)

    def _read(self, call: Any, request: Any) -> Any:
        """Repeat a read until the server answers again."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return call(request, metadata=self.metadata, wait_for_ready=True, timeout=60)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > deadline:
                    raise


def rows(number: int) -> list[BatchOperation]:
    """One day each, all of different dossiers: a row applied once makes exactly one mutation."""
    return [
        BatchOperation(
            inscribe=Inscription(
                niss=PERSONS[i % len(PERSONS)],
                dossier_type=TYPE,
                period=Period(
                    begin=f"{2000 + i // len(PERSONS)}-01-01", end=f"{2000 + i // len(PERSONS)}-01-01"
                ),
            )
        )
        for i in range(number)
    ]


def messages(operations: Sequence[BatchOperation], import_id: str, offset: int) -> Iterator[ImportRequest]:
    for start in range(offset, len(operations), 250):
        yield ImportRequest(import_id=import_id, offset=start, operations=operations[start : start + 250])


class Importing:
    """An import that resumes where the server says, as often as necessary."""

    def __init__(self, caller: Caller, import_id: str, operations: Sequence[BatchOperation]) -> None:
        self._caller = caller
        self._import_id = import_id
        self._operations = operations

    def attempt(self, answers: int | None = None, enough: threading.Event | None = None) -> bool:
        """Resume; returns whether it completed. `enough` is set after that many answers, or at the end."""
        stub, metadata = self._caller.stub, self._caller.metadata
        try:
            ask = iter([ImportRequest(import_id=self._import_id)])
            first = next(stub.Import(ask, metadata=metadata, wait_for_ready=True, timeout=60))
            rest = messages(self._operations, self._import_id, first.through_offset)
            for answered, _ in enumerate(stub.Import(rest, metadata=metadata, timeout=60), 1):
                if answered == answers and enough:
                    enough.set()
            return True
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                raise
            return False
        finally:
            if enough:
                enough.set()

    def run(self, kill: Callable[[], None]) -> None:
        """Import everything, killing after random numbers of answers."""
        chance = random.Random(11)
        with ThreadPoolExecutor(1) as one:
            for _ in range(4):
                enough = threading.Event()
                attempt = one.submit(self.attempt, chance.randrange(1, 6), enough)
                assert enough.wait(60)
                kill()
                attempt.result(90)
        while not self.attempt():
            pass


def test_import_survives_kills_of_the_server_each_row_applied_once(own_server: Server) -> None:
    number = new_register(own_server).number
    caller = Caller(own_server.target, number)
    operations = rows(6_000)

    def kill() -> None:
        own_server.kill()
        own_server.start()

    Importing(caller, "killed-server", operations).run(kill)

    assert caller.revision() == BEGUN + len(operations)
    mutations = caller.history()
    assert Counter(m.kind for m in mutations) == {MutationKind.MUTATION_KIND_INSCRIBED: len(operations)}
    assert [m.revision for m in mutations] == list(range(BEGUN + 1, BEGUN + 1 + len(operations)))


@embedded_only
def test_import_survives_kills_of_postgresql_each_row_applied_once(own_server: Server) -> None:
    number = new_register(own_server).number
    caller = Caller(own_server.target, number)
    operations = rows(6_000)

    def kill() -> None:
        os.kill(postmaster(own_server), signal.SIGKILL)

    Importing(caller, "killed-postgresql", operations).run(kill)

    assert caller.revision() == BEGUN + len(operations)
    assert [m.revision for m in caller.history()] == list(range(BEGUN + 1, BEGUN + 1 + len(operations)))


@embedded_only
def test_restart_of_postgresql_under_load_neither_loses_nor_doubles_writes(own_server: Server) -> None:
    number = new_register(own_server).number
    answered: dict[tuple[str, str], int] = {}
    begun = threading.Barrier(5)

    def write(worker: int) -> None:
        caller = Caller(own_server.target, number)
        caller.inscribe(PERSONS[1_000 + worker], "1999-01-01", "1999-01-01")
        begun.wait(60)
        for i in range(150):
            person, day = PERSONS[worker * 150 + i], f"20{worker:02}-01-01"
            answered[person, day] = caller.inscribe(person, day, day)

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, worker) for worker in range(4)]
        begun.wait(60)
        os.kill(postmaster(own_server), signal.SIGKILL)
        for each in writing:
            each.result(120)

    caller = Caller(own_server.target, number)
    by_revision = {m.revision: (m.niss, m.after[0].begin) for m in caller.history() if m.kind == 1}
    assert {revision: key for key, revision in answered.items()}.items() <= by_revision.items()
    assert caller.revision() == BEGUN + 4 + 600
    assert len(by_revision) == 604


def test_two_servers_on_one_register_give_dense_revisions_and_one_line(
    tmp_path: Path, own_server: Server
) -> None:
    number = new_register(own_server).number
    other = Server(tmp_path / "other", database_of(own_server))
    other.directory.mkdir()
    other.start()
    try:
        callers = [Caller(own_server.target, number), Caller(other.target, number)]
        months = [f"2024-{month:02}" for month in range(1, 13)]

        def write(worker: int) -> list[int]:
            chance = random.Random(worker)
            # Both servers inscribe every month of every person, each in another order.
            work = [(person, month) for person in PERSONS[:20] for month in months]
            chance.shuffle(work)
            caller = callers[worker % 2]
            return [caller.inscribe(p, f"{m}-01", f"{m}-{days_of(m)}") for p, m in work]

        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(write, range(4)))
    finally:
        other.discard()

    lines = callers[0].lines()
    mutations = callers[0].history()
    assert lines == {(person, TYPE): [("2024-01-01", "2024-12-31")] for person in PERSONS[:20]}
    assert [m.revision for m in mutations] == list(range(BEGUN + 1, BEGUN + 1 + len(mutations)))
    assert [m.record_time.ToDatetime() for m in mutations] == sorted(
        m.record_time.ToDatetime() for m in mutations
    )
    assert len(mutations) <= 20 * 12
    assert max(max(result) for result in results) == BEGUN + len(mutations)


def test_cancelled_callers_leave_the_register_consistent(own_server: Server) -> None:
    number = new_register(own_server).number
    caller = Caller(own_server.target, number)

    calls = [
        caller.stub.Inscribe.future(
            InscribeRequest(niss=PERSONS[i], dossier_type=TYPE, period=Period(begin="2024-01-01")),
            metadata=caller.metadata,
        )
        for i in range(300)
    ]
    for call in calls[::2]:
        call.cancel()
    kept = [int(call.result().revision) for call in calls[1::2]]
    # Behind every call that was cancelled in the queue, and may be committed yet.
    caller.inscribe(PERSONS[300], "2024-01-01", "2024-01-31")

    mutations = caller.history()
    assert [m.revision for m in mutations] == list(range(BEGUN + 1, BEGUN + 1 + len(mutations)))
    assert set(kept) <= {m.revision for m in mutations}
    assert len(caller.lines()) == len(mutations)


def test_request_id_is_answered_the_same_after_a_restart(own_server: Server) -> None:
    number = new_register(own_server).number
    caller = Caller(own_server.target, number)
    first = caller.inscribe(PERSONS[0], "2024-01-01", "2024-01-31", "once")
    caller.inscribe(PERSONS[0], "2024-02-01", "2024-02-28")

    own_server.kill()
    own_server.start()

    assert caller.inscribe(PERSONS[0], "2024-01-01", "2024-01-31", "once") == first
    assert caller.revision() == BEGUN + 2


def test_refusal_of_a_thousand_bad_operations_is_readable(own_server: Server) -> None:
    number = new_register(own_server).number
    caller = Caller(own_server.target, number)
    bad = BatchOperation(
        inscribe=Inscription(niss="123", dossier_type="NO", period=Period(begin="", end="x"))
    )

    with pytest.raises(grpc.RpcError) as refused:
        caller.stub.ApplyBatch(ApplyBatchRequest(operations=[bad] * 1_000), metadata=caller.metadata)

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    trailers = dict(refused.value.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    info, bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(bad_request)
    assert (info.reason, info.metadata["violation_count"]) == ("NISS_MALFORMED", "4000")
    assert info.metadata["truncated"] == "true"
    assert [v.field for v in bad_request.field_violations][:4] == [
        "operations[0].niss",
        "operations[0].period.begin",
        "operations[0].period.end",
        "operations[0].dossier_type",
    ]


def postmaster(server: Server) -> int:
    """The process id of the embedded PostgreSQL; waits until a killed one runs again."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = find_postmaster(home_of((server.directory / "var").resolve()) / CLUSTER)
        if found is not None:
            return int(found.process.pid)
        time.sleep(0.05)
    raise AssertionError("PostgreSQL does not run again")


def database_of(server: Server) -> str:
    """The DSN of the database that a server works on."""
    dsn = server.environment.get("RAAS_DATABASE_URL") or running_dsn(server.directory / "var")
    assert dsn is not None
    return dsn


def days_of(month: str) -> int:
    """The number of days of a month of 2024."""
    return {"02": 29, "04": 30, "06": 30, "09": 30, "11": 30}.get(month[-2:], 31)
