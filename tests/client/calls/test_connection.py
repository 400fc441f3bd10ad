"""Connections: TLS, metadata, deadlines and retries."""

# ruff: noqa: N802 - methods have the names that the contract gives them

from __future__ import annotations

import asyncio
import datetime
import ipaddress
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from raas.v1 import register_service_pb2 as v1
from raas.v1.administration_service_pb2_grpc import (
    AdministrationServiceServicer,
    add_AdministrationServiceServicer_to_server,
)
from raas.v1.register_pb2 import Register
from raas.v1.register_service_pb2_grpc import RegisterServiceServicer, add_RegisterServiceServicer_to_server
from raas_client import CallFailed, DeadlineExceeded, Keepalive, Patience, RaasClient, Retries, Tls
from tests.client.registers import ANN, QUICK
from tests.e2e.proxy import Proxy


class Answers(RegisterServiceServicer, AdministrationServiceServicer):
    """A server that goes away a few times before it answers, or never does, and counts."""

    def __init__(self) -> None:
        self.calls = 0
        self.failures = 0
        self.silent = False
        self.request_ids: set[str] = set()
        self.metadata: dict[str, str] = {}

    async def GetRegister(self, request: v1.GetRegisterRequest, context: Any) -> v1.GetRegisterResponse:
        await self._maybe(context)
        return v1.GetRegisterResponse(register=Register(name="answered"))

    async def Inscribe(self, request: v1.InscribeRequest, context: Any) -> v1.InscribeResponse:
        self.request_ids.add(request.request_id)
        await self._maybe(context)
        return v1.InscribeResponse(revision=1)

    async def CreateRegister(self, request: Any, context: Any) -> Any:
        await self._maybe(context)

    async def _maybe(self, context: Any) -> None:
        self.calls += 1
        self.metadata = dict(context.invocation_metadata())
        if self.calls <= self.failures:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "going away")
        if self.silent:
            await asyncio.Event().wait()


@dataclass
class Certificate:
    key: bytes
    certificate: bytes


def certificate(name: str, issuer: tuple[x509.Certificate, Any] | None = None) -> tuple[Certificate, Any]:
    """A certificate for a name and the loopback address; its own authority where there is no issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
                if name == "127.0.0.1"
                else [x509.DNSName(name)]
            ),
            critical=False,
        )
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    pem = Certificate(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        made.public_bytes(serialization.Encoding.PEM),
    )
    return pem, (made, key)


@pytest.fixture
def answers() -> Answers:
    return Answers()  # type: ignore[abstract]


async def serving(
    answers: Answers, credentials: grpc.ServerCredentials | None
) -> tuple[grpc.aio.Server, int]:
    server = grpc.aio.server()
    add_RegisterServiceServicer_to_server(answers, server)
    add_AdministrationServiceServicer_to_server(answers, server)
    if credentials is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    return server, port


@pytest.fixture
async def target(answers: Answers) -> AsyncIterator[str]:
    server, port = await serving(answers, None)
    yield f"127.0.0.1:{port}"
    await server.stop(0)


async def test_tls_presents_the_client_certificate_and_verifies_the_server(
    answers: Answers, tmp_path: Path
) -> None:
    authority, issuer = certificate("An authority")
    of_server, _ = certificate("raas.example", issuer)
    of_client, _ = certificate("A caller", issuer)
    stranger, _ = certificate("A stranger")
    credentials = grpc.ssl_server_credentials(
        [(of_server.key, of_server.certificate)], authority.certificate, require_client_auth=True
    )
    server, port = await serving(answers, credentials)
    try:
        for name, content in (
            ("ca", authority.certificate),
            ("cert", of_client.certificate),
            ("key", of_client.key),
        ):
            (tmp_path / name).write_bytes(content)
        known = Tls.from_files(tmp_path / "ca", tmp_path / "cert", tmp_path / "key", "raas.example")
        async with RaasClient(f"127.0.0.1:{port}", tls=known) as client:
            assert (await client.get_register()).name == "answered"
        for wrong in (
            Tls(authority.certificate, server_name="raas.example"),
            Tls(authority.certificate, stranger.certificate, stranger.key, "raas.example"),
            Tls(stranger.certificate, of_client.certificate, of_client.key, "raas.example"),
            Tls(authority.certificate, of_client.certificate, of_client.key),
        ):
            patience = Patience(call_seconds=1)
            async with RaasClient(f"127.0.0.1:{port}", tls=wrong, patience=patience) as client:
                with pytest.raises(CallFailed):
                    await client.get_register()
    finally:
        await server.stop(0)


def test_certificate_without_key_and_plaintext_to_another_host_are_refused() -> None:
    with pytest.raises(ValueError, match="go together"):
        Tls(certificate=b"x")
    for elsewhere in ("raas.example:443", "10.0.0.1:50051", "dns:///raas.example:443"):
        with pytest.raises(ValueError, match="plaintext"):
            RaasClient(elsewhere)
    for local in ("localhost:1", "127.0.0.1:1", "[::1]:1", "unix:/tmp/socket", "ipv4:127.0.0.1:1"):
        RaasClient(local)


async def test_every_call_carries_the_metadata_of_the_caller(answers: Answers, target: str) -> None:
    client = RaasClient(
        target, enterprise_number="0999999922", language="nl", ticket="first", token="a.b.c", end_user="u-1"
    )
    async with client:
        acting = client.acting(
            legal_context="a law", ticket="second", on_behalf_of="0244640631", end_user="u-2"
        )
        await acting.get_register()
        assert answers.metadata.items() >= {
            ("raas-enterprise-number", "0999999922"),
            ("accept-language", "nl"),
            ("raas-legal-context", "a law"),
            ("raas-ticket", "second"),
            ("raas-on-behalf-of", "0244640631"),
            ("raas-end-user", "u-2"),
            ("authorization", "Bearer a.b.c"),
        }
        await client.get_register()
        assert answers.metadata["raas-ticket"] == "first"
        assert answers.metadata["raas-end-user"] == "u-1"
        assert "raas-on-behalf-of" not in answers.metadata
        assert "raas-legal-context" not in answers.metadata


async def test_only_safe_calls_are_repeated(answers: Answers, target: str) -> None:
    async with RaasClient(target, retries=QUICK) as client:
        answers.failures = 2
        assert (await client.get_register()).name == "answered"
        assert answers.calls == 3

        answers.calls = 0
        assert (await client.inscribe(ANN, "HEALTH", "2024-01-01")).revision == 1
        assert answers.calls == 3
        assert len(answers.request_ids) == 1

        answers.calls = 0
        with pytest.raises(CallFailed, match="going away"):
            await client.create_register("0999999922", "name")
        assert answers.calls == 1


async def test_retries_end_before_the_deadline(answers: Answers, target: str) -> None:
    answers.failures = 1_000
    loop = asyncio.get_running_loop()
    async with RaasClient(target, retries=QUICK, patience=Patience(call_seconds=4)) as client:
        began = loop.time()
        with pytest.raises(CallFailed, match="going away"):
            await client.get_register()
    # A thousand attempts would take minutes.
    assert loop.time() - began < 60
    assert answers.calls > 2


async def test_deadline_that_ends_the_last_attempt_names_the_failure_of_the_one_before(
    answers: Answers, target: str
) -> None:
    answers.failures = 1
    answers.silent = True
    async with RaasClient(target, retries=QUICK, patience=Patience(call_seconds=5)) as client:
        with pytest.raises(DeadlineExceeded, match="going away"):
            await client.get_register()
    assert answers.calls == 2


def test_retry_pauses_grow_to_the_longest() -> None:
    pauses = list(islice(Retries(0.1, 1.0).pauses(), 8))
    for pause, whole in zip(pauses, (0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0), strict=True):
        assert whole / 2 <= pause <= whole
    assert list(islice(Retries(0, 0).pauses(), 3)) == [0, 0, 0]


async def test_connection_whose_ping_is_not_answered_is_replaced() -> None:
    settings, acknowledged = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]), bytes([0, 0, 0, 4, 1, 0, 0, 0, 0])
    second = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        if len(writers) == 2:
            second.set()
        writer.write(settings + acknowledged)
        while await reader.read(1_000):
            pass

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    target = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    keepalive = Keepalive(seconds=0.2, timeout_seconds=0.2)
    async with RaasClient(target, enterprise_number="0999999922", keepalive=keepalive) as client:
        call = asyncio.create_task(client.get_register())
        await asyncio.wait_for(second.wait(), 60)
        call.cancel()
        await asyncio.wait([call])
    for writer in writers:
        writer.close()
    server.close()


async def test_connection_may_open_slowly(answers: Answers, target: str) -> None:
    """As over a long way or to a busy server: longer than the first pause between two attempts."""
    proxy = Proxy(lambda: target)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        proxy.accept(reader, writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    answers.failures = 1
    slow = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with RaasClient(slow) as client:
        # This call is not repeated.
        with pytest.raises(CallFailed, match="going away"):
            await client.create_register("0999999922", "name")
    assert answers.calls == 1
    server.close()
    await proxy.close()
