"""20,000 operations by Import, by ApplyBatch and by single calls result in the same lines."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import grpc.aio
import pytest

from raas.v1.inscription_pb2 import Inscription, Removal
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import (
    ApplyBatchRequest,
    BatchOperation,
    ImportRequest,
    InscribeRequest,
    RemoveRequest,
)
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests import vectors
from tests.e2e.registers import TestRegister, channel, new_register
from tests.e2e.servers import Server, raas
from tests.vectors import OperationRow

HALF = 10_000
CALLS_AT_ONCE = 64


def period_of(row: OperationRow) -> Period | None:
    return Period(begin=row.begin, end=row.end) if row.begin or row.end else None


def batch_operation(row: OperationRow) -> BatchOperation:
    if row.operation == "INSCRIBE":
        made = Inscription(niss=row.niss, dossier_type=row.dossier_type, period=period_of(row))
        return BatchOperation(inscribe=made)
    return BatchOperation(remove=Removal(niss=row.niss, dossier_type=row.dossier_type, period=period_of(row)))


def by_import(register: TestRegister, rows: Sequence[OperationRow]) -> None:
    def requests() -> Iterator[ImportRequest]:
        for offset in range(0, len(rows), 1_777):
            some = rows[offset : offset + 1_777]
            yield ImportRequest(offset=offset, operations=[batch_operation(row) for row in some])

    with channel(register.server) as open_channel:
        answers = list(RegisterServiceStub(open_channel).Import(requests(), metadata=register.caller))
    assert sum(answer.applied + answer.unchanged for answer in answers) == len(rows)
    assert answers[-1].through_offset == len(rows)


def by_apply_batch(register: TestRegister, rows: Sequence[OperationRow]) -> None:
    left = iter(rows)
    with channel(register.server) as open_channel:
        for size in cycle((1, 999, 7, 313, 1_000, 2, 641)):
            operations = [batch_operation(row) for row in islice(left, size)]
            if not operations:
                return
            RegisterServiceStub(open_channel).ApplyBatch(
                ApplyBatchRequest(operations=operations), metadata=register.caller
            )


def one_by_one(register: TestRegister, rows: Sequence[OperationRow]) -> None:
    """Single calls: sequential for one dossier, concurrent for different dossiers."""
    dossiers: dict[tuple[str, str], list[OperationRow]] = defaultdict(list)
    for row in rows:
        dossiers[row.niss, row.dossier_type].append(row)
    waiting = list(dossiers.values())

    async def caller(service: RegisterServiceStub) -> None:
        while waiting:
            for row in waiting.pop():
                period = period_of(row)
                if row.operation == "INSCRIBE":
                    inscribe = InscribeRequest(niss=row.niss, dossier_type=row.dossier_type, period=period)
                    await service.Inscribe(inscribe, metadata=register.caller)
                else:
                    remove = RemoveRequest(niss=row.niss, dossier_type=row.dossier_type, period=period)
                    await service.Remove(remove, metadata=register.caller)

    async def all_callers() -> None:
        async with grpc.aio.insecure_channel(register.server.target) as open_channel:
            service = RegisterServiceStub(open_channel)
            await asyncio.gather(*(caller(service) for _ in range(CALLS_AT_ONCE)))

    asyncio.run(all_callers())


@pytest.mark.parametrize("write", [by_import, by_apply_batch, one_by_one])
def test_every_rpc_results_in_the_same_lines(
    server: Server, write: Callable[[TestRegister, Sequence[OperationRow]], None]
) -> None:
    register = new_register(server)
    rows = vectors.operations()
    write(register, rows[:HALF])
    half = register.state().revision
    write(register, rows[HALF:])

    assert register.consulted() == vectors.lines()
    assert register.exported() == vectors.lines()
    assert register.consulted(at_revision=half) == vectors.lines_after_half()
    assert register.exported(at_revision=half) == vectors.lines_after_half()


def test_command_line_results_in_the_same_lines(register: TestRegister, tmp_path: Path) -> None:
    operations = tmp_path / "operations.csv.xz"
    operations.write_bytes(Path(vectors.__file__).with_name("operations.csv.xz").read_bytes())
    raas("import", str(operations), *register.arguments)
    raas("export", str(tmp_path / "lines.csv"), *register.arguments)
    expected = [",".join(field or "" for field in line) for line in vectors.lines()]
    assert (tmp_path / "lines.csv").read_text().splitlines() == ["niss,dossier_type,begin,end", *expected]
