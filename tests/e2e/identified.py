"""A server that identifies its callers by certificates and by tokens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from raas.identity.development import Authority, Issued, TokenIssuer
from raas.storage.embedded import running_dsn
from raas.v1.administration_service_pb2 import CreateRegisterRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.register_service_pb2 import GetRegisterRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.e2e.servers import (
    COPIES,
    ROOT,
    clean_environment,
    free_port,
    given_database,
    migrate_database,
    remove_cluster,
    serves,
    titles_of,
)
from tests.eventually import eventually
from tests.planted import planted_text, planted_values_in

OWNER, OTHER, NOBODY = "0999999922", "0244640631", "0403101811"
"""The owners of two registers, and an organisation without one."""

ADMINISTRATOR, SECOND = "0206731645", "0316380841"
_RETRIES = {
    "maxAttempts": 5,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
OPTIONS: list[tuple[str, Any]] = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
_WITH_RETRIES = [
    *OPTIONS,
    ("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": _RETRIES}]})),
]
_TOKEN_CHARACTERS = 100
"""Those of a token that may be a valid one; shorter ones are made up by tests."""
Metadata = tuple[tuple[str, str], ...]


@dataclass
class IdentifiedServer:
    """A server with both listeners, and the credentials of its callers."""

    folder: Path
    authority: Authority
    issuer: TokenIssuer
    certificates: str
    tokens: str
    health: str
    database_url: str | None
    """The database of a cluster; None = the embedded one."""
    log: str = "server.log"
    retries: bool = False
    """Whether channels repeat calls that are UNAVAILABLE: a busy server may not read the rights in time."""

    @property
    def pid(self) -> int:
        """The process that serves the calls."""
        lines = (json.loads(line) for line in (self.folder / self.log).read_text().splitlines())
        return next(int(line["pid"]) for line in lines if line["event"] == "serving")

    @property
    def dsn(self) -> str:
        """The DSN of its database while it runs."""
        found = self.database_url or running_dsn(self.folder / "var")
        assert found
        return found

    def write(self, name: str, pem: bytes) -> Path:
        """Replace a file in the folder."""
        path = self.folder / name
        new = self.folder / f"{name}.new"
        new.write_bytes(pem)
        return new.replace(path)

    def by_certificate(self, client: Issued | None, trusted: bytes | None = None) -> grpc.Channel:
        key, chain = (client.key_pem, client.certificate_pem) if client else (None, None)
        credentials = grpc.ssl_channel_credentials(trusted or self.authority.pem, key, chain)
        return grpc.secure_channel(self.certificates, credentials, self._options)

    def by_token(self) -> grpc.Channel:
        credentials = grpc.ssl_channel_credentials(self.authority.pem)
        return grpc.secure_channel(self.tokens, credentials, self._options)

    @property
    def _options(self) -> list[tuple[str, Any]]:
        return _WITH_RETRIES if self.retries else OPTIONS

    def short_token(self, seconds: int, number: str = OWNER) -> str:
        """A token that the server, which adds its skew of 30 seconds, accepts for so many seconds."""
        return self.issuer.token(number, "import", seconds=seconds, since=-30)


def bearer(token: str) -> Metadata:
    if len(token) >= _TOKEN_CHARACTERS:
        planted_text(token)
    return (("authorization", f"Bearer {token}"),)


@contextmanager
def identified_server(
    folder: Path, authentic_source: str = "structure", *, retries: bool = False, **settings: str
) -> Iterator[IdentifiedServer]:
    """Such a server, with the registers of OWNER and of OTHER.

    By default every number of the right structure is known.
    """
    authority = Authority("Test Authority")
    addresses = (f"127.0.0.1:{free_port()}" for _ in range(3))
    with given_database(folder) as database_url:
        place = IdentifiedServer(
            folder, authority, TokenIssuer(folder), *addresses, database_url, retries=retries
        )
        server = authority.server(["127.0.0.1"])
        place.write("server.pem", server.certificate_pem)
        place.write("server.key", server.key_pem)
        place.write("clients.pem", authority.pem)
        with _serving(place, RAAS_AUTHENTIC_SOURCE=authentic_source, **settings):
            eventually(lambda: _accepts_tokens(place))
            with place.by_certificate(authority.client(ADMINISTRATOR, "admin")) as channel:
                for number in (OWNER, OTHER):
                    request = CreateRegisterRequest(enterprise_number=number, name="Register")
                    AdministrationServiceStub(channel).CreateRegister(request)
            yield place
    remove_cluster(folder / "var")


@contextmanager
def second_server(place: IdentifiedServer, authentic_source: str = "structure") -> Iterator[IdentifiedServer]:
    """Another server on the same database, for the same callers."""
    addresses = (f"127.0.0.1:{free_port()}" for _ in range(3))
    second = IdentifiedServer(
        place.folder, place.authority, place.issuer, *addresses, place.dsn, "second.log", place.retries
    )
    with _serving(second, RAAS_AUTHENTIC_SOURCE=authentic_source):
        yield second


@contextmanager
def _serving(place: IdentifiedServer, **settings: str) -> Iterator[None]:
    folder = place.folder
    environment = clean_environment() | {
        "RAAS_LISTEN": place.certificates,
        "RAAS_LISTEN_TOKEN": place.tokens,
        "RAAS_LISTEN_HEALTH": place.health,
        "RAAS_ENVIRONMENT": "test",
        "RAAS_NISS_PROFILE": "test",
        "RAAS_AUTHENTIC_SOURCE": "structure",
        "RAAS_DATA_DIR": str(folder / "var"),
        "RAAS_TLS_CERTIFICATE": str(folder / "server.pem"),
        "RAAS_TLS_KEY": str(folder / "server.key"),
        "RAAS_TLS_CLIENT_CA": str(folder / "clients.pem"),
        "RAAS_TOKEN_ISSUER": TokenIssuer.ISSUER,
        "RAAS_TOKEN_AUDIENCE": TokenIssuer.AUDIENCE,
        "RAAS_TOKEN_KEYS": str(place.issuer.key_set),
        "RAAS_ADMINISTRATORS": f"{ADMINISTRATOR},{SECOND}",
        **settings,
    }
    if place.database_url is not None:
        environment |= {"RAAS_DATABASE_URL": place.database_url}
        if not COPIES:
            migrate_database(environment)
    with (folder / place.log).open("wb") as log:
        command = [sys.executable, "server.py"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        eventually(lambda: serves(place.health) or process.poll() is not None, 100)
        assert process.poll() is None, (folder / place.log).read_text()
        yield
    finally:
        for title in titles_of(process.pid):
            assert planted_values_in(title) == set(), title
        process.terminate()
        status = process.wait(60)
        assert status == 0, f"status {status}: {(folder / place.log).read_text()}"
        assert planted_values_in((folder / place.log).read_text()) == set()


def _accepts_tokens(place: IdentifiedServer) -> bool:
    """Whether the server has read the keys of the issuer, which it does in the background."""
    metadata = bearer(place.issuer.token(ADMINISTRATOR, "admin"))
    with place.by_token() as channel:
        try:
            RegisterServiceStub(channel).GetRegister(GetRegisterRequest(), metadata=metadata, timeout=20)
        except grpc.RpcError as error:
            return bool(error.code() is grpc.StatusCode.NOT_FOUND)
    return False
