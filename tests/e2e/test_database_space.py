"""A server whose database has no space left for bulk reads serves everything else."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1.health_pb2 import HealthCheckResponse

from raas.v1 import mutation_stream_pb2 as stream_v1
from raas.v1 import register_service_pb2 as v1
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.e2e.registers import TYPES, channel, new_register
from tests.e2e.servers import free_port, running_server
from tests.e2e.test_health import status
from tests.eventually import eventually
from tests.oracle import numbers

ANN = numbers.niss(1985, 67, 30, 33)


def reason_of(error: grpc.RpcError) -> str:
    """The reason of a refusal."""
    trailers = dict(error.trailing_metadata() or ())
    details = status_pb2.Status.FromString(trailers["grpc-status-details-bin"]).details
    info = error_details_pb2.ErrorInfo()
    assert details[0].Unpack(info)
    return info.reason


def test_server_without_space_refuses_bulk_reads_and_serves_the_rest(tmp_path: Path) -> None:
    metrics = f"127.0.0.1:{free_port()}"
    flags = ("--database-size", "1MB", "--metrics-listen", metrics)
    with running_server(tmp_path, *flags) as server:
        eventually(lambda: status(server, "database-space") == HealthCheckResponse.NOT_SERVING)
        register = new_register(server)
        owner = register.caller
        with channel(server) as opened:
            registers, stream = RegisterServiceStub(opened), MutationStreamStub(opened)
            period = Period(begin="2024-01-01")
            registers.Inscribe(
                v1.InscribeRequest(niss=ANN, dossier_type=TYPES[0], period=period), metadata=owner
            )
            answer = registers.Consult(v1.ConsultRequest(niss=[ANN]), metadata=owner)
            assert [dossier.niss for dossier in answer.dossiers] == [ANN]
            listed = stream.ListMutations(stream_v1.ListMutationsRequest(niss=ANN), metadata=owner)
            assert len(listed.mutations) == 1
            for bulk in (
                lambda: next(registers.Export(v1.ExportRequest(), metadata=owner)),
                lambda: next(stream.Subscribe(stream_v1.SubscribeRequest(), metadata=owner)),
                lambda: stream.ListMutations(stream_v1.ListMutationsRequest(), metadata=owner),
            ):
                with pytest.raises(grpc.RpcError) as refused:
                    bulk()
                assert reason_of(refused.value) == "AUDIT_UNAVAILABLE"
        with urlopen(f"http://{metrics}/metrics", timeout=10) as response:
            lines = response.read().decode().splitlines()
        (used,) = (line.split()[1] for line in lines if line.startswith("raas_database_used_ratio "))
        assert float(used) > 1
        logged = server.log.read_text()
    assert '"alert": "the database fills up"' in logged or '"alert":"the database fills up"' in logged
