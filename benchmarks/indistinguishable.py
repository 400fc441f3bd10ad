"""The time of an answer about what a caller may not see, compared with that about what does not exist.

    python -m benchmarks.indistinguishable [PAIRS]

Calls are made in pairs, one after the other, with a certificate; the order within a pair alternates.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

import grpc

from benchmarks.figures import Figure, table
from benchmarks.rows import niss_of
from benchmarks.servers import IdentifiedServer, Servers
from raas.v1.administration_service_pb2 import CreateRegisterRequest, GrantMandateRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.decision_pb2 import InscriptionCheck
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.inscription_pb2 import Inscription
from raas.v1.mandate_pb2 import MandatePermission
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import (
    ApplyBatchRequest,
    BatchOperation,
    CheckInscriptionsRequest,
    ConsultRequest,
    CreateDossierTypeRequest,
    GetRegisterRequest,
    InscribeRequest,
)
from raas.v1.register_service_pb2_grpc import RegisterServiceStub

PAIRS = 2_000
AIM = "0.95 to 1.05"

OWNER, FRIEND, CLOSED, NOBODY = "0999999922", "0244640631", "0403019261", "0403101811"
"""The owner of the register, its mandatary, the owner of a register without mandates, and no owner at all."""

_WARM_UP = 50
_KNOWN = 2_000

Ask = Callable[[], object]


def indistinguishable(servers: Servers, pairs: int = PAIRS) -> list[Figure]:
    """Each of the answers, hidden and absent, as medians of so many pairs."""
    server = servers.identified()
    _fill(server)
    with server.channel(FRIEND) as channel:
        registers = RegisterServiceStub(channel)

        def register(number: str) -> Ask:
            return lambda: registers.GetRegister(GetRegisterRequest(register=number))

        def consult(code: str) -> Ask:
            request = ConsultRequest(register=OWNER, dossier_types=[code])
            return lambda: registers.Consult(request)

        def inscribe(code: str) -> Ask:
            period = Period(begin="2024-01-01")
            request = InscribeRequest(register=OWNER, niss=niss_of(0), dossier_type=code, period=period)
            return lambda: registers.Inscribe(request)

        def check(number: int) -> Ask:
            checks = [InscriptionCheck(register=OWNER, niss=niss_of(number), active_on="2024-06-01")]
            return lambda: registers.CheckInscriptions(CheckInscriptionsRequest(checks=checks))

        return [
            _compared("register without a mandate", "no register", register(CLOSED), register(NOBODY), pairs),
            _compared("Consult of a hidden type", "no such type", consult("HIDDEN"), consult("NEVER"), pairs),
            _compared(
                "Inscribe of a hidden type", "no such type", inscribe("HIDDEN"), inscribe("NEVER"), pairs
            ),
            _compared("check of a hidden person", "unknown person", check(1), check(_KNOWN + 1), pairs),
        ]


def _compared(name: str, baseline_name: str, hidden: Ask, absent: Ask, pairs: int) -> Figure:
    seconds: tuple[list[float], list[float]] = [], []
    for pair in range(_WARM_UP + pairs):
        for place in (0, 1) if pair % 2 else (1, 0):
            begun = time.perf_counter()
            try:
                (hidden, absent)[place]()
            except grpc.RpcError as error:
                if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED):
                    raise
            if pair >= _WARM_UP:
                seconds[place].append(time.perf_counter() - begun)
    return Figure(
        f"{name}, p50", median(seconds[0]) * 1000, "ms", baseline_name, median(seconds[1]) * 1000, AIM
    )


def _fill(server: IdentifiedServer) -> None:
    """A register whose mandatary sees one of two types, under which nobody is known."""
    with server.channel(server.administrator) as channel:
        for number in (OWNER, CLOSED):
            request = CreateRegisterRequest(enterprise_number=number, name="Measured")
            AdministrationServiceStub(channel).CreateRegister(request)
    with server.channel(OWNER) as channel:
        registers = RegisterServiceStub(channel)
        for code in ("SEEN", "HIDDEN"):
            registers.CreateDossierType(CreateDossierTypeRequest(dossier_type=DossierType(code=code)))
        period = Period(begin="2024-01-01")
        for first in range(0, _KNOWN, 1_000):
            inscriptions = [
                Inscription(niss=niss_of(number), dossier_type="HIDDEN", period=period)
                for number in range(first, first + 1_000)
            ]
            operations = [BatchOperation(inscribe=each) for each in inscriptions]
            registers.ApplyBatch(ApplyBatchRequest(operations=operations))
        AdministrationServiceStub(channel).GrantMandate(
            GrantMandateRequest(
                mandatary=FRIEND,
                permissions=[
                    MandatePermission.MANDATE_PERMISSION_READ,
                    MandatePermission.MANDATE_PERMISSION_WRITE,
                ],
                dossier_types=["SEEN"],
            )
        )


def main() -> None:
    """Compare as many pairs as the argument says."""
    with Servers() as servers:
        print(table(indistinguishable(servers, int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)))


if __name__ == "__main__":
    main()
