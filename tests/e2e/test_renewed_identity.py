"""A running server: the age of its connections, authorities that are replaced, keys from an https URL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import grpc
import pytest

from raas.identity.development import Authority, new_key, signed
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.mutation_stream_pb2 import SubscribeRequest
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.register_service_pb2 import GetRegisterRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from raas_client import AfterRevision, Mutations, RaasClient, Tls
from tests.conftest import GIVEN_DSN
from tests.e2e.identified import OTHER, OWNER, IdentifiedServer, bearer, identified_server
from tests.e2e.persons import new_niss
from tests.e2e.test_identity import get_register, reason_of, refusal
from tests.eventually import eventually
from tests.https_server import HttpsServer, https_server, ok

pytestmark = pytest.mark.skipif(GIVEN_DSN is not None, reason="it is about callers, not about the database")

AGE_SECONDS, GRACE_SECONDS = 1, 4
CALLS_SECONDS = 7.0
"""Longer than age and grace, so that every connection and every stream ends in this time."""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HttpsServer, Path]]:
    with https_server(tmp_path_factory.mktemp("issuer"), lambda: b"") as running:
        yield running


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, issuer: tuple[HttpsServer, Path]
) -> Iterator[IdentifiedServer]:
    """A server with two workers."""
    server, authorities = issuer
    folder = tmp_path_factory.mktemp("identity")
    server.answer = lambda: ok((folder / "token-issuer.jwks.json").read_bytes())
    settings = {
        "RAAS_WORKERS": "2",
        "RAAS_CONNECTION_AGE_SECONDS": str(AGE_SECONDS),
        "RAAS_CONNECTION_GRACE_SECONDS": str(GRACE_SECONDS),
        "RAAS_TOKEN_KEYS": server.url,
        "SSL_CERT_FILE": str(authorities),
    }
    with identified_server(folder, **settings) as running:
        yield running


def end_of_stream(channel: grpc.Channel) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as raised:
        for _ in MutationStreamStub(channel).Subscribe(SubscribeRequest(), timeout=60):
            pass
    return raised.value


def call_for_a_while(channel: grpc.Channel, seconds: float) -> int:
    """The number of calls that were made one after the other; each of them must be answered."""
    stub, calls, ends = RegisterServiceStub(channel), 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        stub.GetRegister(GetRegisterRequest(), timeout=30)
        calls += 1
    return calls


async def test_connections_end_without_a_failed_call_or_a_gap_in_a_subscription(
    place: IdentifiedServer,
) -> None:
    certificate = place.authority.client(OWNER, "age")
    tls = Tls(place.authority.pem, certificate.certificate_pem, certificate.key_pem)
    seen: list[int] = []
    written: list[int] = []
    with ExitStack() as channels:
        plain, streaming = (channels.enter_context(place.by_certificate(certificate)) for _ in range(2))
        async with RaasClient(place.certificates, tls=tls) as client:
            await client.create_dossier_type(DossierType(code="AGE"))
            register = await client.get_register()

            async def follow() -> None:
                async for event in client.subscribe(AfterRevision(register.revision)):
                    if isinstance(event, Mutations):
                        seen.extend(each.revision for each in event.mutations)

            following = asyncio.create_task(follow())
            calling = asyncio.create_task(asyncio.to_thread(call_for_a_while, plain, CALLS_SECONDS))
            began = time.monotonic()
            end = await asyncio.to_thread(end_of_stream, streaming)
            lasted = time.monotonic() - began
            while not calling.done():
                written.append((await client.inscribe(new_niss(), "AGE", "2024-01-01")).revision)
            assert await calling > 0
            while not written or seen[-1:] != written[-1:]:
                await asyncio.wait([following], timeout=0.05)
                assert not following.done()
            following.cancel()
            await asyncio.wait([following])
    assert seen == written
    assert (end.code(), end.details()) == (grpc.StatusCode.UNAVAILABLE, "max connection age")
    # gRPC varies the age by a tenth.
    assert lasted > 0.9 * AGE_SECONDS + GRACE_SECONDS - 1


def test_flood_of_unknown_keys_asks_the_issuer_no_more(
    place: IdentifiedServer, issuer: tuple[HttpsServer, Path]
) -> None:
    known = bearer(place.issuer.token(OWNER, "flood"))
    began, before = time.monotonic(), issuer[0].requests
    with place.by_token() as channel:
        for _ in range(50):
            stranger = new_key()
            with pytest.raises(grpc.RpcError) as raised:
                get_register(channel, metadata=bearer(signed({}, stranger)))
            assert reason_of(raised.value) == "UNAUTHENTICATED"
        assert get_register(channel, metadata=known) == OWNER
    # Each of the two workers reads the set once per 30 seconds at most.
    assert issuer[0].requests - before <= 2 * (1 + (time.monotonic() - began) // 30)


def test_clients_of_a_removed_authority_are_refused_and_those_of_a_new_one_let_in(
    place: IdentifiedServer,
) -> None:
    old, new = place.authority.client(OWNER, "old"), Authority("Test Authority")
    other = new.client(OTHER, "new")
    with place.by_certificate(old) as channel, place.by_certificate(other) as let_in:
        assert get_register(channel) == OWNER
        # Both authorities have one name.
        place.write("clients.pem", place.authority.pem + new.pem)
        assert get_register(let_in) == OTHER
        assert get_register(channel) == OWNER
        place.write("clients.pem", new.pem)
        eventually(lambda: refused(channel))
        assert get_register(let_in) == OTHER
        for _ in range(4):
            assert refusal(place.by_certificate(old)) == "UNAVAILABLE"
    place.write("clients.pem", place.authority.pem)


def refused(channel: grpc.Channel) -> bool:
    with suppress(grpc.RpcError):
        return not get_register(channel)
    return True
