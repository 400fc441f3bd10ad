"""Mandates and roles over two processes on one database, with real certificates."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import Empty, Queue
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from raas.v1.administration_service_pb2 import (
    GrantMandateRequest,
    GrantRoleRequest,
    RevokeMandateRequest,
    RevokeRoleRequest,
)
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.decision_pb2 import InscriptionCheck
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.mandate_pb2 import Mandate, MandateContent, MandatePermission
from raas.v1.mutation_stream_pb2 import LatestStart, SubscribeRequest
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import (
    CheckInscriptionsRequest,
    ConsultRequest,
    CreateDossierTypeRequest,
    GetRegisterRequest,
    InscribeRequest,
)
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from raas.v1.role_pb2 import Role
from tests.conftest import ABOUT_CALLERS
from tests.e2e.audited import AuditedCalls
from tests.e2e.identified import (
    ADMINISTRATOR,
    NOBODY,
    OTHER,
    OWNER,
    IdentifiedServer,
    bearer,
    identified_server,
    second_server,
)
from tests.e2e.test_identity import reason_of
from tests.eventually import eventually
from tests.lock_waits import waiting_for
from tests.oracle import numbers

pytestmark = ABOUT_CALLERS

READ, SUBSCRIBE = MandatePermission.MANDATE_PERMISSION_READ, MandatePermission.MANDATE_PERMISSION_SUBSCRIBE
WRITE = MandatePermission.MANDATE_PERMISSION_WRITE
CONTENTS = [MandateContent.MANDATE_CONTENT_IDENTITY, MandateContent.MANDATE_CONTENT_NETWORK_EVENT]
ANN, BOB = numbers.niss(1985, 67, 30, 33), numbers.niss(1990, 61, 1, 7)
FRESH = 1.0
"""Seconds after which a process may no longer decide by the rights that it knew."""
SOON = 1.0
"""Seconds after which a right that ended has ended everywhere."""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentifiedServer]:
    with identified_server(tmp_path_factory.mktemp("rights"), retries=True) as running:
        yield running


@pytest.fixture(scope="module")
def second(first: IdentifiedServer) -> Iterator[IdentifiedServer]:
    with second_server(first) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_granted(first: IdentifiedServer, second: IdentifiedServer) -> None:
    """Both processes know that the mandates of the test before are revoked."""
    eventually(lambda: outcome(first) == outcome(second) == "MANDATE_MISSING")


class Stream:
    """An open Subscribe, read in the background."""

    def __init__(self, place: IdentifiedServer, caller: str, register: str) -> None:
        channel = place.by_certificate(place.authority.client(caller, "watch"))
        self._call = MutationStreamStub(channel).Subscribe(SubscribeRequest(register=register))
        self._ended: Queue[str] = Queue()
        self.revisions: list[int] = []
        """Those of the mutations that it showed."""
        next(self._call)
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for message in self._call:
                self.revisions += [each.revision for each in message.mutations.mutations]
        except grpc.RpcError as error:
            self._ended.put(reason_of(error))

    def end(self) -> str:
        """The reason with which it ended."""
        return self._ended.get(timeout=60)

    def goes_on(self, seconds: float) -> bool:
        try:
            self._ended.get(timeout=seconds)
        except Empty:
            return True
        return False

    def cancel(self) -> None:
        self._call.cancel()


@contextmanager
def administration(place: IdentifiedServer, caller: str) -> Iterator[AdministrationServiceStub]:
    with place.by_certificate(place.authority.client(caller, "admin")) as channel:
        yield AdministrationServiceStub(channel)


def grant(place: IdentifiedServer, *permissions: MandatePermission.ValueType, **restricted: Any) -> Mandate:
    """A mandate of OTHER on the register of OWNER, with all contents."""
    request = GrantMandateRequest(mandatary=OTHER, permissions=permissions, contents=CONTENTS, **restricted)
    with administration(place, OWNER) as service:
        return service.GrantMandate(request).mandate


def revoke(place: IdentifiedServer, mandate: Mandate) -> None:
    with administration(place, OWNER) as service:
        service.RevokeMandate(RevokeMandateRequest(mandate_id=mandate.id))


def revoke_unnoticed(place: IdentifiedServer, mandate: Mandate) -> None:
    """Revoke in the database, as where the notification is lost."""
    dsn = place.dsn
    with psycopg.connect(dsn) as connection:
        (version,) = connection.execute(
            "UPDATE rights_version SET version = version + 1 RETURNING version"
        ).fetchone() or (0,)
        connection.execute(
            "UPDATE mandate SET version = %s, revoked_by = register, revoke_time = clock_timestamp() "
            "WHERE id = %s",
            (version, mandate.id),
        )


@contextmanager
def stopped_clock(place: IdentifiedServer) -> Iterator[Callable[[datetime], None]]:
    """A function that sets the clock by which the servers read rights, a clock that stands still."""
    dsn = place.dsn
    reconnect = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'raas rights' AND datname = current_database()"
    )
    # Other tests use other databases of the same server, as the same role.
    here = sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {}").format(
        sql.Identifier(conninfo_to_dict(dsn)["dbname"])
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE SCHEMA stopped; CREATE TABLE stopped.clock AS SELECT now() AS instant;"
            "CREATE FUNCTION stopped.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$"
            "  SELECT CASE current_setting('application_name') WHEN 'raas rights' THEN instant"
            "  ELSE pg_catalog.clock_timestamp() END FROM stopped.clock $$"
        )
        connection.execute(here + sql.SQL(" SET search_path = stopped, pg_catalog, public"))

        def stop_at(instant: datetime) -> None:
            connection.execute("UPDATE stopped.clock SET instant = %s", (instant,))

        try:
            connection.execute(reconnect)
            yield stop_at
        finally:
            connection.execute(here + sql.SQL(" RESET search_path"))
            connection.execute("DROP SCHEMA stopped CASCADE")
            connection.execute(reconnect)


def write(place: IdentifiedServer, code: str) -> int:
    """Create a dossier type in the register of OWNER; returns the revision."""
    with place.by_certificate(place.authority.client(OWNER, "write")) as channel:
        service = RegisterServiceStub(channel)
        service.CreateDossierType(CreateDossierTypeRequest(dossier_type=DossierType(code=code)))
        return service.GetRegister(GetRegisterRequest()).register.revision


def outcome(place: IdentifiedServer) -> str:
    """The outcome of reading the register of OWNER as OTHER."""
    with place.by_certificate(place.authority.client(OTHER, "read")) as channel:
        try:
            RegisterServiceStub(channel).GetRegister(GetRegisterRequest(register=OWNER), timeout=20)
        except grpc.RpcError as error:
            return reason_of(error)
    return "OK"


def test_mandate_granted_and_revoked_in_one_process_counts_in_another(
    first: IdentifiedServer, second: IdentifiedServer
) -> None:
    assert outcome(second) == "MANDATE_MISSING"
    mandate = grant(first, READ)
    # The process that changed the rights knows them at once, the other one within a second.
    assert outcome(first) == "OK"
    eventually(lambda: outcome(second) == "OK")
    revoke(first, mandate)
    time.sleep(SOON)
    assert [outcome(place) for place in (second, first)] == ["MANDATE_MISSING"] * 2


def test_audit_names_the_credential_and_the_rights_that_decided(first: IdentifiedServer) -> None:
    dsn = first.dsn
    calls, request = AuditedCalls(dsn, ()), GetRegisterRequest(register=OWNER)
    client = first.authority.client(OTHER, "read")
    with first.by_certificate(client) as channel:
        service = RegisterServiceStub(channel)
        refused = calls.call(service.GetRegister, request)
        mandate = grant(first, READ)
        read = calls.call(service.GetRegister, request)
        revoke(first, mandate)
        role = GrantRoleRequest(enterprise_number=OTHER, role=Role.ROLE_ROUTER)
        without_role = calls.call(AdministrationServiceStub(channel).GrantRole, role)
    token = AuditedCalls(dsn, bearer(first.issuer.token(OTHER, "import", scope="write")))
    with first.by_token() as channel:
        out_of_scope = token.call(RegisterServiceStub(channel).GetRegister, request)
    for made, outcome, details in (
        (refused, "MANDATE_MISSING", {}),
        (read, "OK", {"mandates": [mandate.id]}),
        (without_role, "ROLE_MISSING", {}),
        (out_of_scope, "SCOPE_MISSING", {}),
    ):
        record = made.record
        assert (record.outcome, record.details) == (outcome, details)
        assert record.actor.enterprise_number == int(OTHER)
        kind, _, fingerprint = (record.actor.credential or "").partition(":")
        assert kind == ("token" if made is out_of_scope else "certificate")
        assert len(fingerprint) == 64
    assert {made.record.actor.application for made in (refused, read, without_role)} == {"read"}


@pytest.mark.parametrize("notified", [True, False])
def test_open_stream_shows_nothing_written_a_second_after_a_revocation_elsewhere(
    first: IdentifiedServer, second: IdentifiedServer, notified: bool
) -> None:
    mandate, kept = grant(first, SUBSCRIBE), grant(first, READ)
    eventually(lambda: outcome(second) == "OK")
    stream, own = Stream(second, OTHER, OWNER), Stream(second, OWNER, OWNER)
    if notified:
        revoke(first, mandate)
    else:
        revoke_unnoticed(first, mandate)
    time.sleep(SOON)
    revision = write(first, f"LATER_{notified}".upper())
    assert stream.end() == "MANDATE_MISSING"
    eventually(lambda: own.revisions == [revision])
    assert stream.revisions == []
    assert own.goes_on(0.1)
    own.cancel()
    assert outcome(second) == "OK"
    revoke(first, kept)


def test_mandate_counts_from_midnight_to_midnight_in_belgium(
    first: IdentifiedServer, second: IdentifiedServer
) -> None:
    """On a day of 25 hours, by the clock of the database."""
    day = datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Brussels"))
    begin, end = (each.astimezone(UTC) for each in (day, day + timedelta(days=1)))
    # A server carries the clock on between two readings, for a second at most.
    before = timedelta(seconds=FRESH + 1)
    mandate = grant(first, READ, SUBSCRIBE, valid_from="2026-10-25", valid_until="2026-10-25")
    with stopped_clock(first) as stop_at:
        stop_at(begin - before)
        time.sleep(FRESH)
        assert [outcome(place) for place in (first, second)] == ["MANDATE_MISSING"] * 2
        stop_at(begin)
        eventually(lambda: outcome(first) == outcome(second) == "OK")
        stop_at(end - before)
        time.sleep(FRESH)
        assert [outcome(place) for place in (first, second)] == ["OK"] * 2
        stream = Stream(second, OTHER, OWNER)
        stop_at(end)
        assert stream.end() == "MANDATE_MISSING"
        eventually(lambda: outcome(first) == outcome(second) == "MANDATE_MISSING")
    revoke(first, mandate)


@pytest.mark.parametrize("narrowed", [False, True])
def test_write_that_waits_for_its_register_is_refused_when_its_mandate_ends(
    first: IdentifiedServer, second: IdentifiedServer, narrowed: bool
) -> None:
    code = f"WAITING_{narrowed}".upper()
    dsn = first.dsn
    mandate = grant(first, WRITE)
    request = InscribeRequest(
        register=OWNER, niss=ANN, dossier_type=code, period=Period(begin="2024-01-01"), validate_only=True
    )
    with (
        first.by_certificate(first.authority.client(OWNER, "import")) as channel,
        second.by_certificate(second.authority.client(OTHER, "write")) as mandatary,
        psycopg.connect(dsn) as holder,
        psycopg.connect(dsn, autocommit=True) as observer,
    ):
        owner, writer = RegisterServiceStub(channel), RegisterServiceStub(mandatary)
        for created in (code, f"{code}_KEPT"):
            owner.CreateDossierType(CreateDossierTypeRequest(dossier_type=DossierType(code=created)))
        revision = owner.GetRegister(GetRegisterRequest()).register.revision

        def validates() -> bool:
            try:
                writer.Inscribe(request)
            except grpc.RpcError:
                return False
            return True

        eventually(validates)
        request.validate_only = False
        row = holder.execute("SELECT id FROM register WHERE enterprise_number = %s", (int(OWNER),)).fetchone()
        holder.execute("SELECT 1 FROM register_head WHERE register_id = %s FOR NO KEY UPDATE", row)
        waiting = writer.Inscribe.future(request, timeout=30)
        eventually(lambda: waiting_for(holder, observer))
        if narrowed:
            kept = grant(first, WRITE, dossier_types=[f"{code}_KEPT"])
        revoke(first, mandate)
        time.sleep(FRESH)
        holder.rollback()
        with pytest.raises(grpc.RpcError) as refused:
            waiting.result()
        assert reason_of(refused.value) == "MANDATE_MISSING"
        assert owner.GetRegister(GetRegisterRequest()).register.revision == revision
    if narrowed:
        revoke(first, kept)


def test_stream_goes_on_while_another_mandate_shows_as_much(
    first: IdentifiedServer, second: IdentifiedServer
) -> None:
    mandates = [grant(first, SUBSCRIBE) for _ in range(2)]
    kept = grant(first, READ)
    eventually(lambda: outcome(second) == "OK")
    stream = Stream(second, OTHER, OWNER)
    revoke(first, mandates[0])
    assert stream.goes_on(SOON)
    revoke(first, mandates[1])
    assert stream.end() == "MANDATE_MISSING"
    revoke(first, kept)


def test_process_that_was_stopped_decides_by_the_rights_of_now(
    first: IdentifiedServer, second: IdentifiedServer
) -> None:
    mandate, read = grant(first, SUBSCRIBE), grant(first, READ)
    eventually(lambda: outcome(second) == "OK")
    stream = Stream(second, OTHER, OWNER)
    with second.by_certificate(second.authority.client(OTHER, "read")) as channel:
        service = RegisterServiceStub(channel)
        service.GetRegister(GetRegisterRequest(register=OWNER), timeout=20)
        os.kill(second.pid, signal.SIGSTOP)
        try:
            revoke(first, mandate)
            revoke(first, read)
            write(first, "WHILE_STOPPED")
            # It waits in the socket of the process that is stopped.
            call = service.GetRegister.future(GetRegisterRequest(register=OWNER), timeout=60)
            time.sleep(FRESH + 0.1)
        finally:
            os.kill(second.pid, signal.SIGCONT)
        with pytest.raises(grpc.RpcError) as raised:
            call.result()
        assert reason_of(raised.value) == "MANDATE_MISSING"
    assert (stream.end(), stream.revisions) == ("MANDATE_MISSING", [])


def test_role_that_is_revoked_elsewhere_ends(first: IdentifiedServer, second: IdentifiedServer) -> None:
    check = InscriptionCheck(register=OWNER, niss="85673003360", active_on="2024-01-01")

    def checks() -> bool:
        with second.by_certificate(second.authority.client(OTHER, "route")) as channel:
            try:
                RegisterServiceStub(channel).CheckInscriptions(CheckInscriptionsRequest(checks=[check]))
            except grpc.RpcError as error:
                if reason_of(error) != "MANDATE_MISSING":
                    raise
                return False
        return True

    assert not checks()
    with administration(first, ADMINISTRATOR) as service:
        given = service.GrantRole(GrantRoleRequest(enterprise_number=OTHER, role=Role.ROLE_ROUTER)).grant
        eventually(checks)
        service.RevokeRole(RevokeRoleRequest(grant_id=given.id))
    time.sleep(SOON)
    assert not checks()


def test_register_without_a_mandate_answers_as_a_missing_one(first: IdentifiedServer) -> None:
    """`python -m benchmarks indistinguishable` compares the times."""
    texts: dict[str, set[tuple[str, str]]] = {OTHER: set(), NOBODY: set()}
    with first.by_certificate(first.authority.client(OWNER, "read")) as channel:
        service = RegisterServiceStub(channel)
        for register in (OTHER, NOBODY):
            try:
                service.GetRegister(GetRegisterRequest(register=register), timeout=20)
            except grpc.RpcError as error:
                refused = error
            texts[register].add((reason_of(refused), str(refused.details()).replace(register, "")))
    assert texts[OTHER] == texts[NOBODY]
    assert {reason for reason, _ in texts[OTHER]} == {"MANDATE_MISSING"}


def test_mandate_for_a_dossier_type_shows_a_register_of_that_type(first: IdentifiedServer) -> None:
    with first.by_certificate(first.authority.client(OWNER, "import")) as channel:
        owner = RegisterServiceStub(channel)
        for code in ("SHOWN", "HIDDEN"):
            owner.CreateDossierType(CreateDossierTypeRequest(dossier_type=DossierType(code=code)))
        request = GrantMandateRequest(mandatary=OTHER, permissions=[READ, SUBSCRIBE], dossier_types=["SHOWN"])
        with administration(first, OWNER) as service:
            mandate = service.GrantMandate(request).mandate
        with (
            first.by_certificate(first.authority.client(OTHER, "watch")) as mandatary,
            first.by_token() as with_token,
        ):
            subscription = SubscribeRequest(register=OWNER, latest=LatestStart())
            stream = MutationStreamStub(mandatary).Subscribe(subscription)
            bookmark = next(stream).bookmark
            answers = [
                owner.Inscribe(
                    InscribeRequest(niss=niss, dossier_type=code, period=Period(begin="2024-01-01"))
                )
                for niss, code in ((ANN, "HIDDEN"), (BOB, "SHOWN"), (BOB, "HIDDEN"), (ANN, "SHOWN"))
            ]
            (first_part, second_part) = (next(stream).mutations for _ in range(2))
            mutations = [*first_part.mutations, *second_part.mutations]
            assert [(m.niss, m.dossier_type, m.revision) for m in mutations] == [
                (BOB, "SHOWN", answers[1].revision),
                (ANN, "SHOWN", answers[3].revision),
            ]
            assert second_part.through_revision == answers[3].revision
            stream.cancel()
            metadata = bearer(first.issuer.token(OTHER, "watch"))
            for stub, proof in (
                (RegisterServiceStub(mandatary), ()),
                (RegisterServiceStub(with_token), metadata),
            ):
                register = stub.GetRegister(GetRegisterRequest(register=OWNER), metadata=proof).register
                assert (register.dossier_count, register.revision) == (2, answers[3].revision)
                assert {register.checksum, bookmark.checksum, *(m.checksum for m in mutations)} == {b""}
                dossiers = stub.Consult(ConsultRequest(register=OWNER), metadata=proof).dossiers
                assert [(d.niss, d.dossier_type) for d in dossiers] == [(ANN, "SHOWN"), (BOB, "SHOWN")]
                for code in ("HIDDEN", "NEVER"):
                    asked = ConsultRequest(register=OWNER, dossier_types=[code])
                    with pytest.raises(grpc.RpcError) as refused:
                        stub.Consult(asked, metadata=proof)
                    assert reason_of(refused.value) == "DOSSIER_TYPE_UNKNOWN"
        with administration(first, OWNER) as service:
            service.RevokeMandate(RevokeMandateRequest(mandate_id=mandate.id))
