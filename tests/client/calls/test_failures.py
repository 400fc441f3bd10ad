"""Refusals and failures as exceptions."""

from __future__ import annotations

import grpc
import grpc.aio
import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

import raas_client.reasons
from raas.v1.error_reason_pb2 import ErrorReason
from raas_client import CallFailed, DeadlineExceeded, Refused, inscription
from raas_client.calls.failures import failure_of, may_pass
from raas_client.reasons import BY_REASON, LimitExceeded, MandateMissing, NissReplaced, Overloaded
from raas_client.testing import FakeRegister
from tests.client.registers import ANN, BOB, EVE, AnyRegister

ONLY_IN_NOTICES = {"PERSON_DECEASED", "PERIOD_BEFORE_BIRTH", "UNSPECIFIED"}
CODE = grpc.StatusCode


def error(code: grpc.StatusCode, message: str, *details: Message) -> grpc.aio.AioRpcError:
    status = status_pb2.Status()
    for detail in details:
        packed = Any()
        packed.Pack(detail)
        status.details.append(packed)
    trailers = grpc.aio.Metadata(
        ("raas-call-id", "the call"), ("grpc-status-details-bin", status.SerializeToString())
    )
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, message)


def info(reason: str, **metadata: str) -> error_details_pb2.ErrorInfo:
    return error_details_pb2.ErrorInfo(reason=reason, domain="raas", metadata=metadata)


def test_every_error_reason_has_an_exception_class() -> None:
    reasons = {name.removeprefix("ERROR_REASON_") for name, _ in ErrorReason.items()}
    assert set(BY_REASON) == reasons - ONLY_IN_NOTICES
    assert all(getattr(raas_client.reasons, each.__name__) is each for each in BY_REASON.values())


def test_unknown_reason_raises_plain_refused() -> None:
    failure = failure_of(error(CODE.FAILED_PRECONDITION, "no", info("OF_LATER")))
    assert type(failure) is Refused
    assert (failure.reason, failure.call_id, str(failure)) == ("OF_LATER", "the call", "no")
    assert [each.reason for each in failure.violations] == ["OF_LATER"]


def test_error_of_another_server_raises_call_failed() -> None:
    for other in (error(CODE.UNIMPLEMENTED, "?"), error(CODE.INTERNAL, "?", error_details_pb2.ErrorInfo())):
        failure = failure_of(other)
        assert type(failure) is CallFailed
        assert not may_pass(failure)
    assert type(failure_of(error(CODE.DEADLINE_EXCEEDED, "late"))) is DeadlineExceeded
    broken = grpc.aio.Metadata(("grpc-status-details-bin", b"\xff\xff"))
    assert type(failure_of(grpc.aio.AioRpcError(CODE.UNKNOWN, grpc.aio.Metadata(), broken))) is CallFailed


def test_transient_failures_are_told_from_permanent_ones() -> None:
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromMilliseconds(1_500)
    overloaded = failure_of(error(CODE.RESOURCE_EXHAUSTED, "later", info("OVERLOADED"), retry))
    assert isinstance(overloaded, Overloaded)
    assert overloaded.retry_after == 1.5
    assert may_pass(overloaded)
    assert may_pass(failure_of(error(CODE.UNAVAILABLE, "gone")))
    assert not may_pass(failure_of(error(CODE.RESOURCE_EXHAUSTED, "a message larger than may be received")))
    assert not may_pass(failure_of(error(CODE.NOT_FOUND, "no", info("NISS_UNKNOWN"))))


def test_limit_is_waited_out_and_budget_of_a_day_is_not() -> None:
    delays = {seconds: error_details_pb2.RetryInfo() for seconds in (1, 20_000)}
    for seconds, retry in delays.items():
        retry.retry_delay.seconds = seconds
    rate, budget = (
        failure_of(
            error(CODE.RESOURCE_EXHAUSTED, "later", info("LIMIT_EXCEEDED", limit=limit, maximum="7"), retry)
        )
        for limit, retry in zip(
            ("read_calls_per_second", "persons_shown_per_day"), delays.values(), strict=True
        )
    )
    assert isinstance(rate, LimitExceeded)
    assert (rate.limit, rate.maximum, rate.retry_after) == ("read_calls_per_second", "7", 1.0)
    assert may_pass(rate)
    assert isinstance(budget, LimitExceeded)
    assert budget.retry_after == 20_000
    assert not may_pass(budget)


async def test_niss_replaced_names_the_successor(fake: FakeRegister) -> None:
    async with fake.client() as client:
        fake.replace_niss(ANN, BOB)
        with pytest.raises(NissReplaced) as raised:
            await client.inscribe(ANN, "HEALTH", "2024-01-01", refuse_replaced=True)
        assert raised.value.successor == BOB
        with pytest.raises(NissReplaced) as in_batch:
            await client.apply_batch(
                [
                    inscription(EVE, "HEALTH", "2024-01-01"),
                    inscription(ANN, "HEALTH", "2024-01-01", refuse_replaced=True),
                ]
            )
        (violation,) = in_batch.value.violations
        assert (violation.field, violation.metadata["successor"]) == ("operations[1].niss", BOB)
        assert in_batch.value.successor == BOB
        followed = await client.inscribe(ANN, "HEALTH", "2024-01-01")
        assert (followed.dossier.niss, followed.replaced_niss) == (BOB, ANN)


async def test_violations_beyond_the_size_of_the_details_are_marked_as_truncated(
    register: AnyRegister,
) -> None:
    async with register.client() as client:
        with pytest.raises(Refused) as raised:
            await client.apply_batch([inscription("123", "NOTHING", "", "x")] * 1_000)
        assert not raised.value.told_all
        assert raised.value.metadata["violation_count"] == "4000"
        assert raised.value.violations[0].field == "operations[0].niss"


async def test_refused_stream_raises_its_reason_wherever_it_is_cut(register: AnyRegister) -> None:
    async with register.client(register="0999999823") as client:
        for _ in range(20):
            with pytest.raises(MandateMissing):
                await client.import_operations([inscription(ANN, "HEALTH", "2024-01-01")])
        with pytest.raises(MandateMissing):
            await client.export().all()
        with pytest.raises(MandateMissing):
            await anext(client.subscribe().events())
