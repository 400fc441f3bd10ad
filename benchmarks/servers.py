"""The measured servers: RaaS, started as in production, and an echo server behind the same interceptor."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from raas.identity.development import Authority
from raas.storage.embedded import running_dsn
from raas.v1.administration_service_pb2 import CreateRegisterRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.register_service_pb2 import CreateDossierTypeRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub

ROOT = Path(__file__).parents[1]
TYPES = ("HEALTH_INSURANCE", "PENSION", "UNEMPLOYMENT")
ADMINISTRATORS = ("0206731645", "0316380841")
OPTIONS = [("grpc.max_receive_message_length", 64 * 1024 * 1024)]

_numbers = itertools.count(5_000_000)


class Servers:
    """Starts each server at its first use; leaving the block stops the servers and deletes their data."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="raas-bench-")))
        self._directory.chmod(0o711)
        self._targets: dict[str, str] = {}
        self._processes: dict[str, psutil.Process] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def raas(
        self, workers: int = 1, source: str = "structure", limits: str = "", *, recorded: bool = True
    ) -> str:
        """The address of a RaaS server with so many workers, this authentic source and these limits.

        One that is not `recorded` keeps no audit records of calls.
        """
        file = self._directory / "limits.toml"
        file.write_text(limits)
        name = f"{source}-{workers}" if recorded else f"{source}-{workers}-unrecorded"
        environment = {
            "RAAS_LIMITS": str(file),
            "RAAS_DATA_DIR": str(self._directory / f"data-{name}"),
            "RAAS_NISS_PROFILE": "test",
            "RAAS_DEVELOPMENT_IDENTITY": "1",
            "RAAS_AUTHENTIC_SOURCE": source,
            "RAAS_LOG_LEVEL": "error",
            "RAAS_WORKERS": str(workers),
        }
        arguments = ["server.py"] if recorded else ["-m", "benchmarks.unrecorded"]
        return self._started(f"raas-{name}", arguments, environment)

    def identified(self) -> IdentifiedServer:
        """A RaaS server that identifies its callers by certificates."""
        authority = Authority("Measured Authority")
        place = self._directory
        server = authority.server(["127.0.0.1"])
        for name, content in (
            ("server.pem", server.certificate_pem),
            ("server.key", server.key_pem),
            ("clients.pem", authority.pem),
        ):
            (place / name).write_bytes(content)
        target = f"127.0.0.1:{_free_port()}"
        environment = {
            "RAAS_LISTEN": target,
            "RAAS_ENVIRONMENT": "test",
            "RAAS_DATA_DIR": str(place / "data-identified"),
            "RAAS_NISS_PROFILE": "test",
            "RAAS_AUTHENTIC_SOURCE": "structure",
            "RAAS_LOG_LEVEL": "error",
            "RAAS_TLS_CERTIFICATE": str(place / "server.pem"),
            "RAAS_TLS_KEY": str(place / "server.key"),
            "RAAS_TLS_CLIENT_CA": str(place / "clients.pem"),
            "RAAS_ADMINISTRATORS": ",".join(ADMINISTRATORS),
        }
        self._started("identified", ["server.py"], environment, listens="RAAS_LISTEN_HEALTH")
        return IdentifiedServer(target, authority)

    def echo(self) -> str:
        """The address of the echo server."""
        return self._started("echo", ["-m", "benchmarks.echo"], {})

    def dsn(self, source: str = "structure") -> str:
        """The database of the RaaS with one worker and this authentic source."""
        self.raas(source=source)
        dsn = running_dsn(self._directory / f"data-{source}-1")
        assert dsn is not None
        return dsn

    def cpu_seconds(self, target: str) -> float:
        """The processor time that the server has taken, without its database."""
        times = self._processes[target].cpu_times()
        return times.user + times.system

    def pid(self, target: str) -> int:
        """The process of the server."""
        return self._processes[target].pid

    def memory(self, target: str) -> int:
        """The memory of the server, in bytes."""
        return int(self._processes[target].memory_info().rss)

    def _started(
        self,
        name: str,
        arguments: list[str],
        environment: Mapping[str, str],
        listens: str = "RAAS_LISTEN",
    ) -> str:
        if name not in self._targets:
            target = f"127.0.0.1:{_free_port()}"
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                # Bulk reads are refused while the disk of the machine is nearly full.
                env=os.environ | {"RAAS_DATABASE_SIZE": "1TB", listens: target} | dict(environment),
            )
            self._stack.callback(_end, process)
            _await_serving(target, process)
            self._targets[name] = target
            self._processes[target] = psutil.Process(process.pid)
        return self._targets[name]


@dataclass(frozen=True, slots=True)
class IdentifiedServer:
    """A server that identifies its callers, and the authority that certifies them."""

    target: str
    authority: Authority

    @property
    def administrator(self) -> str:
        """An organisation that is administrator."""
        return ADMINISTRATORS[0]

    def channel(self, organisation: str) -> grpc.Channel:
        """A channel of this organisation."""
        client = self.authority.client(organisation, "bench")
        credentials = grpc.ssl_channel_credentials(self.authority.pem, client.key_pem, client.certificate_pem)
        return grpc.secure_channel(self.target, credentials, [("grpc.use_local_subchannel_pool", 1)])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def _await_serving(target: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    with grpc.insecure_channel(target) as channel:
        while True:
            try:
                health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("a server to be measured does not start") from None
                time.sleep(0.1)
            else:
                return


def new_register(target: str) -> str:
    """Create an empty register with the dossier types TYPES; returns its enterprise number."""
    eight = next(_numbers)
    number = f"{eight:08d}{97 - eight % 97:02d}"
    metadata = (("raas-enterprise-number", number),)
    with grpc.insecure_channel(target) as channel:
        AdministrationServiceStub(channel).CreateRegister(
            CreateRegisterRequest(enterprise_number=number, name="Measured"), metadata=metadata
        )
        for code in TYPES:
            RegisterServiceStub(channel).CreateDossierType(
                CreateDossierTypeRequest(dossier_type=DossierType(code=code)), metadata=metadata
            )
    return number
