"""Identification by certificates and tokens on a real server, and attempts without valid ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from raas.identity.development import Authority, TokenIssuer
from raas.v1.administration_service_pb2 import CreateRegisterRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.mutation_stream_pb2 import SubscribeRequest
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.register_pb2 import Environment
from raas.v1.register_service_pb2 import GetRegisterRequest, InscribeRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.conftest import ABOUT_CALLERS
from tests.e2e.identified import (
    NOBODY,
    OPTIONS,
    OTHER,
    OWNER,
    IdentifiedServer,
    Metadata,
    bearer,
    identified_server,
)
from tests.e2e.servers import clean_environment, free_port, raas

pytestmark = ABOUT_CALLERS


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentifiedServer]:
    with identified_server(tmp_path_factory.mktemp("identity")) as running:
        yield running


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


def test_certificate_names_the_caller(place: IdentifiedServer) -> None:
    with place.by_certificate(place.authority.client(OWNER, "import")) as channel:
        assert get_register(channel) == OWNER


def test_register_tells_the_environment_and_the_version_of_its_server(place: IdentifiedServer) -> None:
    with place.by_certificate(place.authority.client(OWNER, "import")) as channel:
        answer = RegisterServiceStub(channel).GetRegister(GetRegisterRequest())
    assert answer.register.environment == Environment.ENVIRONMENT_TEST
    assert answer.server_version == version("raas")
    assert abs(answer.server_time.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=1)


def test_token_names_the_caller(place: IdentifiedServer) -> None:
    with place.by_token() as channel:
        assert get_register(channel, metadata=bearer(place.issuer.token(OWNER, "import"))) == OWNER


def test_enterprise_number_in_the_metadata_is_ignored(place: IdentifiedServer) -> None:
    metadata = (("raas-enterprise-number", OTHER),)
    with place.by_certificate(place.authority.client(OWNER, "import")) as channel:
        assert get_register(channel, metadata=metadata) == OWNER
    assert refusal(place.by_token(), metadata=metadata) == "UNAUTHENTICATED"


@pytest.mark.parametrize("register", [OTHER, NOBODY], ids=["existing", "missing"])
def test_register_of_another_cannot_be_told_from_one_that_does_not_exist(
    place: IdentifiedServer, register: str
) -> None:
    channel = place.by_certificate(place.authority.client(OWNER, "import"))
    assert refusal(channel, register) == "MANDATE_MISSING"


def test_administration_needs_the_role(place: IdentifiedServer) -> None:
    request = CreateRegisterRequest(enterprise_number=NOBODY, name="Register")
    with (
        place.by_certificate(place.authority.client(OWNER, "import")) as channel,
        pytest.raises(grpc.RpcError) as raised,
    ):
        AdministrationServiceStub(channel).CreateRegister(request)
    assert reason_of(raised.value) == "ROLE_MISSING"


def test_connections_without_a_good_certificate_are_refused(place: IdentifiedServer) -> None:
    stranger = Authority("Test Authority").client(OWNER, "import")
    expired = place.authority.client(OWNER, "import", life=timedelta(seconds=-60))
    for client in (None, stranger, expired):
        assert refusal(place.by_certificate(client)) == "UNAVAILABLE"


def test_certificate_that_names_nobody_is_unauthenticated(place: IdentifiedServer) -> None:
    assert refusal(place.by_certificate(place.authority.issue([]))) == "UNAUTHENTICATED"


def test_tokens_of_strangers_are_unauthenticated(place: IdentifiedServer, tmp_path: Path) -> None:
    stranger = TokenIssuer(tmp_path).token(OWNER, "import")
    for metadata in ((), bearer(""), bearer("x"), bearer(stranger), (("authorization", "Basic x"),)):
        assert refusal(place.by_token(), metadata=metadata) == "UNAUTHENTICATED"


def test_scopes_narrow_what_a_token_allows(place: IdentifiedServer) -> None:
    metadata = bearer(place.issuer.token(OWNER, "import", scope="scope:cbss:api:raas:read"))
    with place.by_token() as channel:
        assert get_register(channel, metadata=metadata) == OWNER
        with pytest.raises(grpc.RpcError) as raised:
            RegisterServiceStub(channel).Inscribe(InscribeRequest(), metadata=metadata)
    assert reason_of(raised.value) == "SCOPE_MISSING"


def test_stream_ends_when_the_token_expires(place: IdentifiedServer) -> None:
    # The skew of 30 seconds is added: this token is accepted for 8 more seconds.
    metadata = bearer(place.short_token(8))
    with place.by_token() as channel:
        with pytest.raises(grpc.RpcError) as raised:
            for _ in MutationStreamStub(channel).Subscribe(SubscribeRequest(), metadata=metadata, timeout=60):
                pass
        assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert reason_of(raised.value) == "CREDENTIAL_EXPIRED"
    assert refusal(place.by_token(), metadata=metadata) == "UNAUTHENTICATED"


def test_token_with_a_certificate_must_be_bound_to_it(place: IdentifiedServer) -> None:
    client = place.authority.client(OWNER, "import")
    bound = bearer(place.issuer.token(OWNER, "import", certificate=client.certificate))
    with place.by_certificate(client) as channel:
        assert get_register(channel, metadata=bound) == OWNER
    unbound = bearer(place.issuer.token(OWNER, "import"))
    assert refusal(place.by_certificate(client), metadata=unbound) == "UNAUTHENTICATED"
    assert refusal(place.by_token(), metadata=bound) == "UNAUTHENTICATED"


def test_health_needs_no_identity_and_nothing_else_is_there(place: IdentifiedServer) -> None:
    with grpc.insecure_channel(place.health, OPTIONS) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as raised:
            get_register(channel)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_renewed_server_certificate_is_used_without_a_restart(place: IdentifiedServer) -> None:
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


def test_log_holds_no_token(place: IdentifiedServer) -> None:
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
