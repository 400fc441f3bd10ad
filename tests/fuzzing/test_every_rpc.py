"""Every RPC answers or refuses any request; a refused call writes nothing, and no other caller is disturbed.

`make fuzz` draws more requests, and others at each run.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import grpc
import psycopg
import pytest
from google.protobuf.descriptor import MethodDescriptor
from grpc import StatusCode as Code
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raas.rpc.services.catalogue import SERVICES
from raas.v1.register_service_pb2 import ConsultRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.conftest import CITUS_DSN
from tests.e2e.registers import TestRegister, channel, new_register
from tests.e2e.servers import LOCAL, Server, raas, running_server
from tests.eventually import eventually
from tests.fuzzing.strategies import damaged, requests

METHODS = [method for service in SERVICES for method in service.methods]
OWN = "0999999922"

EXAMPLES = int(os.environ.get("RAAS_FUZZ_EXAMPLES", "6"))
ALWAYS_THE_SAME = "RAAS_FUZZ_EXAMPLES" not in os.environ
"""`make test` sends the same requests at each run: it shall not fail by chance."""

FAILURES = {
    Code.UNKNOWN,
    Code.INTERNAL,
    Code.UNIMPLEMENTED,
    Code.DATA_LOSS,
}
NOT_REFUSED = {Code.OK, Code.DEADLINE_EXCEEDED, Code.CANCELLED}
"""The outcomes after which something may have been written."""

STREAM_SECONDS = 0.2
CALL_SECONDS = 30
MOST_MESSAGES = 20

_TABLES = """register register_head dossier_type dossier mutation request import_progress person
person_key niss_status person_request content mandate role_grant legal_context credential_block authorisation
admission""".split()
# Every change of a row changes xmin. A stream that has ended may still write the position of its subscriber.
STATE = "SELECT " + ", ".join(
    f"(SELECT (count(*), sum(xmin::text::bigint))::text FROM {table})" for table in _TABLES
)

pytestmark = pytest.mark.skipif(CITUS_DSN is not None, reason="distributed tables have no xmin")


@dataclass
class Bystander(threading.Thread):
    """A caller that consults its register again and again while others send nonsense."""

    register: TestRegister
    outcomes: Counter[str] = field(default_factory=Counter)
    ending: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        with channel(self.register.server) as open_channel:
            stub = RegisterServiceStub(open_channel)
            while not self.ending.wait(0.05):
                try:
                    stub.Consult(ConsultRequest(), metadata=self.register.caller, timeout=CALL_SECONDS)
                    self.outcomes["OK"] += 1
                except grpc.RpcError as error:
                    self.outcomes[str(error)] += 1


@dataclass(frozen=True)
class Target:
    """A server, the state of its database, and a caller that it serves besides."""

    server: Server
    channel: grpc.Channel
    database: psycopg.Connection[tuple[str, ...]]
    bystander: Bystander

    def state(self) -> tuple[str, ...]:
        row = self.database.execute(STATE).fetchone()
        assert row is not None
        return row

    def outcome(self, method: MethodDescriptor, request: bytes) -> Code:
        """The status of a call with these bytes; of a stream, of its first messages."""
        path = f"/{method.containing_service.full_name}/{method.name}"
        metadata = (("raas-enterprise-number", OWN),)
        try:
            if method.client_streaming:
                stream = self.channel.stream_stream(path)(
                    iter([request]), metadata=metadata, timeout=CALL_SECONDS
                )
            elif method.server_streaming:
                stream = self.channel.unary_stream(path)(request, metadata=metadata, timeout=STREAM_SECONDS)
            else:
                self.channel.unary_unary(path)(request, metadata=metadata, timeout=CALL_SECONDS)
                return Code.OK
            for _ in itertools.islice(stream, MOST_MESSAGES):
                pass
            stream.cancel()
        except grpc.RpcError as error:
            return cast(grpc.Call, error).code()
        return Code.OK


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with running_server(tmp_path_factory.mktemp("fuzzed"), *LOCAL) as server:
        raas("demo", "--target", server.target)
        bystander = Bystander(new_register(server))
        with channel(server) as opened, psycopg.connect(server.dsn, autocommit=True) as database:
            bystander.start()
            yield Target(server, opened, database, bystander)
            bystander.ending.set()
            bystander.join()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_any_request_is_answered_or_refused_and_a_refused_one_writes_nothing(
    target: Target, method: MethodDescriptor
) -> None:
    drawn = requests(method).map(lambda request: request.SerializeToString(deterministic=True))

    @settings(
        max_examples=EXAMPLES,
        derandomize=ALWAYS_THE_SAME,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(drawn, drawn, damaged(method)))
    def send(request: bytes) -> None:
        before = target.state()
        outcome = target.outcome(method, request)
        assert outcome not in FAILURES
        if outcome not in NOT_REFUSED:
            assert target.state() == before

    send()
    assert target.server.running


def test_other_callers_were_served_meanwhile(target: Target) -> None:
    eventually(lambda: target.bystander.outcomes)
    target.bystander.ending.set()
    target.bystander.join()
    assert list(target.bystander.outcomes) == ["OK"]
