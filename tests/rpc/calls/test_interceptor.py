"""The interceptor of all calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, cast
from uuid import UUID

import grpc
import pytest
from structlog.testing import capture_logs

from raas.domain.errors import Reason, refuse
from raas.memory.rights import MemoryRights
from raas.rpc.calls.context import current
from raas.rpc.server import MAX_REQUEST
from raas.usecases.calls.call import Call
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.limits.limits import exceeded
from raas.usecases.ports.errors import CommitUnknown, SourceUnavailable, StoreFault, StoreUnavailable
from raas.usecases.ports.read_store import DossierView
from raas.usecases.reads.consult import ConsultAnswer, ExportPart
from raas.v1 import register_service_pb2 as v1
from tests.rpc.harness import ANN, CALLER, OTHER, OWN, Harness, told

EMPTY = ConsultAnswer((), "", 0, ())


async def test_every_answer_carries_its_call_id(harness: Harness) -> None:
    first = harness.stub.GetRegister(v1.GetRegisterRequest(), metadata=CALLER)
    second = harness.stub.GetRegister(v1.GetRegisterRequest(), metadata=CALLER)
    ids = {UUID(dict(await call.trailing_metadata())["raas-call-id"]) for call in (first, second)}
    assert len(ids) == 2


async def test_every_refusal_carries_its_call_id_twice(harness: Harness) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.GetRegister(v1.GetRegisterRequest(register="x"), metadata=CALLER)
    refusal = told(raised.value)
    assert UUID(refusal.call_id)
    assert refusal.request_id == refusal.call_id
    assert harness.observed.calls == [("GetRegister", "INVALID_ARGUMENT")]


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("raas-enterprise-number", ""),),
        (("raas-enterprise-number", "0999999923"),),
        (("raas-enterprise-number", "BE0999999922"),),
        (("raas-enterprise-number", "9" * 5_000),),
        (("raas-enterprise-number", OWN), ("raas-enterprise-number", OTHER)),
    ],
)
async def test_caller_that_cannot_be_identified_is_refused(
    harness: Harness, metadata: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.GetRegister(v1.GetRegisterRequest(register="nonsense"), metadata=metadata)
    refusal = told(raised.value)
    assert (refusal.status, refusal.info.reason) == ("UNAUTHENTICATED", "UNAUTHENTICATED")
    assert refusal.info.domain == "raas"
    assert refusal.violations == []
    assert UUID(refusal.call_id)


async def test_call_has_its_metadata_and_its_deadline(harness: Harness) -> None:
    calls: list[Any] = []
    harness.consult.answer = lambda: calls.append(current().call) or EMPTY
    before = time.monotonic()
    await harness.stub.Consult(
        v1.ConsultRequest(),
        metadata=(
            *CALLER,
            ("raas-legal-context", "PCSA:SOCIAL_INQUIRY"),
            ("raas-ticket", "t-1"),
            ("accept-language", "de-BE, fr;q=0.5"),
        ),
        timeout=60,
    )
    (call,) = calls
    assert (call.legal_context, call.ticket, call.language) == ("PCSA:SOCIAL_INQUIRY", "t-1", "de")
    assert before + 55 < call.deadline < before + 65
    assert call.rpc == "/raas.v1.RegisterService/Consult"


async def test_call_without_a_deadline_never_expires(harness: Harness) -> None:
    calls: list[Any] = []
    harness.consult.answer = lambda: calls.append(current().call) or EMPTY
    await harness.stub.Consult(v1.ConsultRequest(), metadata=CALLER)
    assert calls[0].deadline == float("inf")


async def test_metadata_and_request_are_refused_together(harness: Harness) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Inscribe(
            v1.InscribeRequest(niss="123", dossier_type="NONE", period={"begin": "2024-02-30"}),
            metadata=(
                *CALLER,
                ("raas-ticket", "x" * 37),
                ("raas-legal-context", "a"),
                ("raas-legal-context", "b"),
            ),
        )
    refusal = told(raised.value)
    assert refusal.violations == [
        ("metadata.raas-ticket", "VALUE_INVALID"),
        ("metadata.raas-legal-context", "VALUE_INVALID"),
        ("niss", "NISS_MALFORMED"),
        ("period.begin", "PERIOD_INVALID"),
        ("dossier_type", "DOSSIER_TYPE_UNKNOWN"),
    ]
    assert refusal.status == "INVALID_ARGUMENT"
    assert refusal.info.metadata["violation_count"] == "5"


async def test_an_empty_text_in_the_metadata_is_not_absent(harness: Harness) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.GetRegister(v1.GetRegisterRequest(), metadata=(*CALLER, ("raas-ticket", "")))
    assert told(raised.value).violations == [("metadata.raas-ticket", "VALUE_INVALID")]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "A date is written as"),
        ("fr-BE", "Une date s’écrit"),
        ("nl;q=0.9, fr;q=0.1", "Een datum wordt geschreven"),
        ("de", "Ein Datum"),
        ("pt", "A date is written as"),
        ("x" * 3_000, "A date is written as"),
    ],
)
async def test_sentences_are_in_the_language_asked(harness: Harness, language: str, sentence: str) -> None:
    request = v1.InscribeRequest(niss=ANN, dossier_type="HEALTH", period={"begin": "1/1/2024"})
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Inscribe(request, metadata=(*CALLER, ("accept-language", language)))
    refusal = told(raised.value)
    assert refusal.descriptions[0].startswith(sentence)
    # The message of the status is for developers: always English.
    assert refusal.message == "period.begin: A date is written as YYYY-MM-DD."


async def test_an_unknown_method_is_unimplemented_with_a_call_id(harness: Harness) -> None:
    call = harness.channel.unary_unary("/raas.v1.RegisterService/Explode")
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(b"", metadata=CALLER)
    refusal = told(raised.value)
    assert refusal.status == "UNIMPLEMENTED"
    assert UUID(refusal.call_id)


async def test_an_unknown_service_is_unimplemented(harness: Harness) -> None:
    call = harness.channel.unary_unary("/elsewhere.Service/Method")
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(b"")
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_unreadable_request_is_refused(harness: Harness) -> None:
    for method, answer in (("GetRegister", "unary_unary"), ("Export", "unary_stream")):
        call = getattr(harness.channel, answer)(f"/raas.v1.RegisterService/{method}")(
            b"\xff\xff", metadata=CALLER
        )
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await (call if answer == "unary_unary" else call.read())
        refusal = told(raised.value)
        assert (refusal.status, refusal.violations) == ("INVALID_ARGUMENT", [("", "VALUE_INVALID")])
    assert [record.outcome for record in harness.audit.records] == ["VALUE_INVALID"] * 2


async def test_unreadable_request_in_a_stream_is_refused(harness: Harness) -> None:
    call = harness.channel.stream_stream("/raas.v1.RegisterService/Import")(
        iter([b"\xff\xff"]), metadata=CALLER
    )
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call.read()
    refusal = told(raised.value)
    assert (refusal.status, refusal.violations) == ("INVALID_ARGUMENT", [("", "VALUE_INVALID")])
    assert [record.outcome for record in harness.audit.records] == ["VALUE_INVALID"]


async def test_a_request_beyond_the_limit_is_not_read(harness: Harness) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.GetRegister(
            v1.GetRegisterRequest(register="1" * (MAX_REQUEST + 1)), metadata=CALLER
        )
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    ("fault", "status", "reason", "retry"),
    [
        (StoreUnavailable("gone"), "UNAVAILABLE", "UNAVAILABLE", True),
        (CommitUnknown("lost"), "UNAVAILABLE", "UNAVAILABLE", True),
        (SourceUnavailable("slow"), "UNAVAILABLE", "AUTHENTIC_SOURCE_UNAVAILABLE", True),
        (StoreFault("odd"), "INTERNAL", "INTERNAL", False),
        (refuse(Reason.OVERLOADED), "RESOURCE_EXHAUSTED", "OVERLOADED", True),
        (exceeded("streams", 7, 0.5), "RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED", True),
        (refuse(Reason.REVISION_EXPIRED, oldest_revision="4"), "OUT_OF_RANGE", "REVISION_EXPIRED", False),
        (ValueError("Janssens 85673003360"), "INTERNAL", "INTERNAL", False),
    ],
)
async def test_exception_of_a_use_case_becomes_a_status(
    harness: Harness, fault: Exception, status: str, reason: str, retry: bool
) -> None:
    harness.consult.answer = fault
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Consult(v1.ConsultRequest(), metadata=CALLER)
    refusal = told(raised.value)
    assert (refusal.status, refusal.info.reason, refusal.retry) == (status, reason, retry)
    assert harness.observed.calls == [("Consult", status)]
    assert "Janssens" not in refusal.message


async def test_unexpected_exception_is_logged_without_its_message(harness: Harness) -> None:
    harness.consult.answer = ValueError("Janssens 85673003360")
    with capture_logs() as logs, pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Consult(v1.ConsultRequest(niss=[ANN]), metadata=CALLER)
    (entry,) = [each for each in logs if each["log_level"] == "error"]
    assert entry["call_id"] == told(raised.value).call_id
    assert "builtins.ValueError" in entry["fault"]
    assert "register_reads.py" in entry["fault"]
    assert "Janssens" not in str(logs)
    assert ANN not in str(logs)


async def test_exception_within_a_stream_is_refused_with_details(harness: Harness) -> None:
    view = DossierView(cast(Any, int(ANN)), "HEALTH", None, (), 3)
    harness.consult.answer = [
        ExportPart((view,), 3),
        refuse(Reason.REVISION_EXPIRED, oldest_revision="9"),
    ]
    call = harness.stub.Export(v1.ExportRequest(), metadata=CALLER)
    assert [dossier.niss for dossier in (await call.read()).dossiers] == [ANN]
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call.read()
    refusal = told(raised.value)
    assert (refusal.status, refusal.info.reason) == ("OUT_OF_RANGE", "REVISION_EXPIRED")
    assert refusal.info.metadata["oldest_revision"] == "9"
    assert refusal.request_id == refusal.call_id
    assert harness.observed.calls == [("Export", "OUT_OF_RANGE")]


async def test_stream_that_is_refused_at_any_moment_of_its_first_message_ends(harness: Harness) -> None:
    rights = RightsCache(MemoryRights().reader(), clock=lambda: 0.0)
    await rights.read()
    loop = asyncio.get_running_loop()
    view = DossierView(cast(Any, int(ANN)), "HEALTH", None, (), 3)

    def after(turns: int, then: Callable[[], None]) -> None:
        if turns:
            loop.call_soon(after, turns - 1, then)
        else:
            then()

    for turns in (*range(20), *range(20, 400, 20)):

        async def export(*_: Any, turns: int = turns) -> AsyncIterator[ExportPart]:
            guard = current().guard
            assert guard is not None
            lost = refuse(Reason.MANDATE_MISSING, "register")
            loop.call_soon(after, turns, lambda: guard.rest_on(rights, lambda: lost))
            yield ExportPart((view,), 3)
            await asyncio.Event().wait()

        harness.consult.export = export  # type: ignore[method-assign]
        call = harness.stub.Export(v1.ExportRequest(), metadata=CALLER, timeout=30)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            async for _ in call:
                pass
        refusal = told(raised.value)
        assert (turns, refusal.status, refusal.info.reason) == (turns, "PERMISSION_DENIED", "MANDATE_MISSING")


async def test_call_is_cancelled_when_its_caller_leaves(harness: Harness) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work(*_: Any) -> ConsultAnswer:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return EMPTY

    harness.consult.page = work  # type: ignore[method-assign]
    call = harness.stub.Consult(v1.ConsultRequest(), metadata=CALLER)
    waiting = asyncio.ensure_future(_outcome(call))
    await asyncio.wait_for(begun.wait(), 30)
    call.cancel()
    await asyncio.wait_for(ended.wait(), 30)
    assert await waiting == "CANCELLED"
    assert harness.observed.calls == [("Consult", "CANCELLED")]
    assert [record.outcome for record in harness.audit.records] == ["CANCELLED"]


async def test_call_is_cancelled_when_its_deadline_passes(harness: Harness) -> None:
    ended = asyncio.Event()

    async def work(*_: Any) -> ConsultAnswer:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return EMPTY

    # The connection is made: the deadline passes while the call is served.
    await harness.stub.GetRegister(v1.GetRegisterRequest(), metadata=CALLER)
    harness.consult.page = work  # type: ignore[method-assign]
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Consult(v1.ConsultRequest(), metadata=CALLER, timeout=3)
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(ended.wait(), 30)


async def test_call_not_served_before_its_deadline_is_deadline_exceeded(harness: Harness) -> None:
    async def work(call: Call, *_: Any) -> ConsultAnswer:
        while not call.expired:
            pass  # Nobody else gets a turn: gRPC must not be the first to notice.
        raise StoreUnavailable("the deadline passed while waiting")

    await harness.stub.GetRegister(v1.GetRegisterRequest(), metadata=CALLER)
    harness.consult.page = work  # type: ignore[assignment]
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.Consult(v1.ConsultRequest(), metadata=CALLER, timeout=3)
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert harness.observed.calls == [("GetRegister", "OK"), ("Consult", "DEADLINE_EXCEEDED")]


async def test_stream_is_closed_when_its_reader_leaves(harness: Harness) -> None:
    closed = asyncio.Event()

    async def endless(*_: Any) -> Any:
        try:
            while True:
                view = DossierView(cast(Any, int(ANN)), "HEALTH", None, (), 3)
                yield ExportPart((view,) * 1000, 3)
        finally:
            closed.set()

    harness.consult.export = endless  # type: ignore[method-assign]
    call = harness.stub.Export(v1.ExportRequest(), metadata=CALLER)
    await call.read()
    call.cancel()
    await asyncio.wait_for(closed.wait(), 30)


async def _outcome(call: Any) -> str:
    try:
        await call
    except asyncio.CancelledError:
        return "CANCELLED"
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


async def test_call_names_the_organisation_of_a_gateway_and_the_end_user(harness: Harness) -> None:
    calls: list[Any] = []
    harness.consult.answer = lambda: calls.append(current().call) or EMPTY
    said = (*CALLER, ("raas-on-behalf-of", OTHER), ("raas-end-user", "clerk 7"))
    await harness.stub.Consult(v1.ConsultRequest(), metadata=said)
    await harness.stub.Consult(v1.ConsultRequest(), metadata=(*CALLER, ("raas-on-behalf-of", OWN)))
    assert [(each.caller.on_behalf_of, each.end_user) for each in calls] == [
        (int(OTHER), "clerk 7"),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["0999999923"], "ENTERPRISE_NUMBER_MALFORMED"),
        (["9" * 65], "ENTERPRISE_NUMBER_MALFORMED"),
        ([""], "ENTERPRISE_NUMBER_MALFORMED"),
        ([OTHER, OTHER], "VALUE_INVALID"),
        (["x", OTHER], "VALUE_INVALID"),
    ],
)
async def test_malformed_organisation_of_a_gateway_is_refused_alone(
    harness: Harness, values: list[str], reason: str
) -> None:
    said = (*CALLER, *(("raas-on-behalf-of", value) for value in values))
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await harness.stub.GetRegister(v1.GetRegisterRequest(register="nonsense"), metadata=said)
    assert told(raised.value).violations == [("metadata.raas-on-behalf-of", reason)]
