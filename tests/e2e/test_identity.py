"""Identification by certificates and tokens on a real server, and attempts without valid ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from raas.identity.development import Authority, Issued, TokenIssuer
from raas.v1.administration_service_pb2 import CreateRegisterRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.mutation_stream_pb2 import SubscribeRequest
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.register_service_pb2 import GetRegisterRequest, InscribeRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.conftest import GIVEN_DSN
from tests.e2e.servers import ROOT, clean_environment, free_port, raas, serves
from tests.eventually import eventually

OWNER, OTHER, NOBODY = "0999999922", "0244640631", "0403101811"
ADMINISTRATOR, SECOND = "0206731645", "0316380841"
OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
Metadata = tuple[tuple[str, str], ...]
pytestmark = pytest.mark.skipif(GIVEN_DSN is not None, reason="it is about callers, not about the database")


@dataclass
class Place:
    """A server with both listeners, and the credentials of its callers."""

    folder: Path
    authority: Authority
    issuer: TokenIssuer
    certificates: str
    tokens: str
    health: str

    def write(self, name: str, pem: bytes) -> None:
        new = self.folder / f"{name}.new"
        new.write_bytes(pem)
        new.replace(self.folder / name)

    def by_certificate(self, client: Issued | None, trusted: bytes | None = None) -> grpc.Channel:
        key, chain = (client.key_pem, client.certificate_pem) if client else (None, None)
        credentials = grpc.ssl_channel_credentials(trusted or self.authority.pem, key, chain)
        return grpc.secure_channel(self.certificates, credentials, OPTIONS)

    def by_token(self) -> grpc.Channel:
        return grpc.secure_channel(self.tokens, grpc.ssl_channel_credentials(self.authority.pem), OPTIONS)


def bearer(token: str) -> Metadata:
    return (("authorization", f"Bearer {token}"),)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("identity")
    authority = Authority("Test Authority")
    place = Place(folder, authority, TokenIssuer(folder), *(f"127.0.0.1:{free_port()}" for _ in range(3)))
    server = authority.server(["127.0.0.1"])
    place.write("server.pem", server.certificate_pem)
    place.write("server.key", server.key_pem)
    place.write("clients.pem", authority.pem)
    environment = clean_environment() | {
        "RAAS_LISTEN": place.certificates,
        "RAAS_LISTEN_TOKEN": place.tokens,
        "RAAS_LISTEN_HEALTH": place.health,
        "RAAS_ENVIRONMENT": "test",
        "RAAS_NISS_PROFILE": "test",
        "RAAS_DATA_DIR": str(folder / "var"),
        "RAAS_TLS_CERTIFICATE": str(folder / "server.pem"),
        "RAAS_TLS_KEY": str(folder / "server.key"),
        "RAAS_TLS_CLIENT_CA": str(folder / "clients.pem"),
        "RAAS_TOKEN_ISSUER": TokenIssuer.ISSUER,
        "RAAS_TOKEN_AUDIENCE": TokenIssuer.AUDIENCE,
        "RAAS_TOKEN_KEYS": str(place.issuer.key_set),
        "RAAS_ADMINISTRATORS": f"{ADMINISTRATOR},{SECOND}",
    }
    with (folder / "server.log").open("wb") as log:
        command = [sys.executable, "server.py"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        eventually(lambda: serves(place.health) or process.poll() is not None, 100)
        assert process.poll() is None, (folder / "server.log").read_text()
        eventually(lambda: accepts_tokens(place))
        with place.by_certificate(authority.client(ADMINISTRATOR, "admin")) as channel:
            for number in (OWNER, OTHER):
                request = CreateRegisterRequest(enterprise_number=number, name="Register")
                AdministrationServiceStub(channel).CreateRegister(request)
        yield place
    finally:
        process.terminate()
        assert process.wait(60) == 0


def accepts_tokens(place: Place) -> bool:
    """Whether the server has read the keys of the issuer, which it does in the background."""
    metadata = bearer(place.issuer.token(ADMINISTRATOR, "admin"))
    return refusal(place.by_token(), metadata=metadata) == "REGISTER_UNKNOWN"


def get_register(channel: grpc.Channel, register: str = "", metadata: Metadata = ()) -> str:
    request = GetRegisterRequest(register=register) if register else GetRegisterRequest()
    answer = RegisterServiceStub(channel).GetRegister(request, metadata=metadata, timeout=20)
    return str(answer.register.enterprise_number)


def reason_of(error: grpc.RpcError) -> str:
    trailers = dict(error.trailing_metadata() or ())
    if "grpc-status-details-bin" not in trailers:
        return str(error.code().name)
    info = error_details_pb2.ErrorInfo()
    assert status_pb2.Status.FromString(trailers["grpc-status-details-bin"]).details[0].Unpack(info)
    return info.reason


def refusal(channel: grpc.Channel, register: str = "", metadata: Metadata = ()) -> str:
    with closing(channel), pytest.raises(grpc.RpcError) as raised:
        get_register(channel, register, metadata)
    return reason_of(raised.value)


def test_certificate_names_the_caller(place: Place) -> None:
    with place.by_certificate(place.authority.client(OWNER, "import")) as channel:
        assert get_register(channel) == OWNER


def test_token_names_the_caller(place: Place) -> None:
    with place.by_token() as channel:
        assert get_register(channel, metadata=bearer(place.issuer.token(OWNER, "import"))) == OWNER


def test_enterprise_number_in_the_metadata_is_ignored(place: Place) -> None:
    metadata = (("raas-enterprise-number", OTHER),)
    with place.by_certificate(place.authority.client(OWNER, "import")) as channel:
        assert get_register(channel, metadata=metadata) == OWNER
    assert refusal(place.by_token(), metadata=metadata) == "UNAUTHENTICATED"


@pytest.mark.parametrize("register", [OTHER, NOBODY], ids=["existing", "missing"])
def test_register_of_another_cannot_be_told_from_one_that_does_not_exist(place: Place, register: str) -> None:
    channel = place.by_certificate(place.authority.client(OWNER, "import"))
    assert refusal(channel, register) == "MANDATE_MISSING"


def test_administration_needs_the_role(place: Place) -> None:
    request = CreateRegisterRequest(enterprise_number=NOBODY, name="Register")
    with (
        place.by_certificate(place.authority.client(OWNER, "import")) as channel,
        pytest.raises(grpc.RpcError) as raised,
    ):
        AdministrationServiceStub(channel).CreateRegister(request)
    assert reason_of(raised.value) == "ROLE_MISSING"


def test_connections_without_a_good_certificate_are_refused(place: Place) -> None:
    stranger = Authority("Test Authority").client(OWNER, "import")
    expired = place.authority.client(OWNER, "import", life=timedelta(seconds=-60))
    for client in (None, stranger, expired):
        assert refusal(place.by_certificate(client)) == "UNAVAILABLE"


def test_certificate_that_names_nobody_is_unauthenticated(place: Place) -> None:
    assert refusal(place.by_certificate(place.authority.issue([]))) == "UNAUTHENTICATED"


def test_tokens_of_strangers_are_unauthenticated(place: Place, tmp_path: Path) -> None:
    stranger = TokenIssuer(tmp_path).token(OWNER, "import")
    for metadata in ((), bearer(""), bearer("x"), bearer(stranger), (("authorization", "Basic x"),)):
        assert refusal(place.by_token(), metadata=metadata) == "UNAUTHENTICATED"


def test_scopes_narrow_what_a_token_allows(place: Place) -> None:
    metadata = bearer(place.issuer.token(OWNER, "import", scope="scope:cbss:api:raas:read"))
    with place.by_token() as channel:
        assert get_register(channel, metadata=metadata) == OWNER
        with pytest.raises(grpc.RpcError) as raised:
            RegisterServiceStub(channel).Inscribe(InscribeRequest(), metadata=metadata)
    assert reason_of(raised.value) == "SCOPE_MISSING"


def test_stream_ends_when_the_token_expires(place: Place) -> None:
    # The skew of 30 seconds is added: this token is accepted for 5 more seconds.
    metadata = bearer(place.issuer.token(OWNER, "import", seconds=5, since=-30))
    with place.by_token() as channel:
        with pytest.raises(grpc.RpcError) as raised:
            for _ in MutationStreamStub(channel).Subscribe(SubscribeRequest(), metadata=metadata, timeout=60):
                pass
        assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert reason_of(raised.value) == "CREDENTIAL_EXPIRED"
    assert refusal(place.by_token(), metadata=metadata) == "UNAUTHENTICATED"


def test_token_with_a_certificate_must_be_bound_to_it(place: Place) -> None:
    client = place.authority.client(OWNER, "import")
    bound = bearer(place.issuer.token(OWNER, "import", certificate=client.certificate))
    with place.by_certificate(client) as channel:
        assert get_register(channel, metadata=bound) == OWNER
    unbound = bearer(place.issuer.token(OWNER, "import"))
    assert refusal(place.by_certificate(client), metadata=unbound) == "UNAUTHENTICATED"
    assert refusal(place.by_token(), metadata=bound) == "UNAUTHENTICATED"


def test_health_needs_no_identity_and_nothing_else_is_there(place: Place) -> None:
    with grpc.insecure_channel(place.health, OPTIONS) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as raised:
            get_register(channel)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_renewed_server_certificate_is_used_without_a_restart(place: Place) -> None:
    renewed = Authority("Renewed")
    server, client = renewed.server(["127.0.0.1"]), place.authority.client(OWNER, "import")
    kept = {name: (place.folder / name).read_bytes() for name in ("server.pem", "server.key")}
    with place.by_certificate(client) as open_channel:
        assert get_register(open_channel) == OWNER
        place.write("server.pem", server.certificate_pem)
        place.write("server.key", server.key_pem)
        with place.by_certificate(client, renewed.pem) as channel:
            assert get_register(channel) == OWNER
        # A connection that is open goes on.
        assert get_register(open_channel) == OWNER
    for name, pem in kept.items():
        place.write(name, pem)


def test_log_holds_no_token(place: Place) -> None:
    token = place.issuer.token(OWNER, "import").split(".")[1]
    assert refusal(place.by_token(), metadata=bearer(f"a.{token}.c")) == "UNAUTHENTICATED"
    log = (place.folder / "server.log").read_text()
    assert "caller not identified" in log
    assert token not in log


def test_without_a_way_to_identify_callers_the_server_names_the_settings(tmp_path: Path) -> None:
    given = clean_environment() | {"RAAS_DATA_DIR": str(tmp_path), "RAAS_LISTEN": f"127.0.0.1:{free_port()}"}
    said = raas("serve", environment=given, status=1).stderr
    for name in ("RAAS_DEVELOPMENT_IDENTITY", "TLS_CLIENT_CA", "LISTEN_TOKEN"):
        assert name in said
    assert list(tmp_path.iterdir()) == []
