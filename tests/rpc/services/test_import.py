"""Import through a real server: messages in, one answer each, and errors that end the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from raas.v1 import register_service_pb2 as v1
from tests.rpc.harness import ANN, BOB, CALLER, NEVER, NOBODY, OTHER, OWN, Harness, Refusal, told

INSCRIBED = {"niss": ANN, "dossier_type": "HEALTH", "period": {"begin": "2024-01-01", "end": "2024-01-31"}}
INSCRIBE, REMOVE = {"inscribe": INSCRIBED}, {"remove": {"niss": ANN, "dossier_type": "HEALTH"}}
BAD = {"inscribe": {"niss": NEVER, "dossier_type": "HEALTH"}}


async def asked(*messages: dict[str, Any]) -> AsyncIterator[v1.ImportRequest]:
    for message in messages:
        yield ParseDict(message, v1.ImportRequest())


async def answers(harness: Harness, *messages: dict[str, Any], language: str = "en") -> list[dict[str, Any]]:
    metadata = (*CALLER, ("accept-language", language))
    return [
        MessageToDict(answer, preserving_proto_field_name=True)
        async for answer in harness.stub.Import(asked(*messages), metadata=metadata)
    ]


async def refused(harness: Harness, *messages: dict[str, Any]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await answers(harness, *messages)
    return told(raised.value)


async def test_every_message_gets_its_answer(harness: Harness) -> None:
    received = await answers(
        harness,
        {"operations": [INSCRIBE, INSCRIBE, BAD], "import_id": "one"},
        {"operations": [REMOVE, {}], "offset": 3},
        language="de",
    )
    assert [{**each, "rejected": len(each["rejected"])} for each in received] == [
        {"through_offset": "3", "applied": "1", "unchanged": "1", "rejected": 1, "revision": "1"},
        {"through_offset": "5", "applied": "1", "rejected": 1, "revision": "2"},
    ]
    rejected = received[0]["rejected"][0]
    assert rejected["offset"] == "2"
    assert {(each["field"], each["reason"]) for each in rejected["violations"]} == {
        ("period", "ERROR_REASON_REQUIRED"),
        ("niss", "ERROR_REASON_NISS_UNKNOWN"),
    }
    (neither,) = received[1]["rejected"][0]["violations"]
    assert neither == {
        "reason": "ERROR_REASON_REQUIRED",
        "message": "Dieses Feld ist ein Pflichtfeld.",
    }


async def test_message_without_operations_returns_the_offset_of_the_import(harness: Harness) -> None:
    await answers(harness, {"operations": [INSCRIBE, REMOVE], "import_id": "one"})
    assert await answers(harness, {"import_id": "one"}) == [{"through_offset": "2", "revision": "2"}]


async def test_stream_without_messages_is_empty(harness: Harness) -> None:
    assert await answers(harness) == []


async def test_every_import_message_is_audited_before_its_answer(harness: Harness) -> None:
    await answers(
        harness,
        {"operations": [INSCRIBE, {"remove": {"niss": BOB, "dossier_type": "HEALTH"}}], "register": OTHER},
        {"operations": [REMOVE], "offset": 2},
    )
    written = [(record.touched, record.details["offset"]) for record in harness.written(OTHER)]
    assert written == [(tuple(sorted((int(ANN), int(BOB)))), 0), ((int(ANN),), 2)]
    (record,) = harness.audit.records
    assert (record.register, record.touched, record.outcome) == (int(OTHER), (), "OK")
    assert record.bulk is not None
    assert record.bulk.count == 3


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"operations": [INSCRIBE] * 5_001}, [("operations", "BATCH_TOO_LARGE")]),
        ({"offset": -1}, [("offset", "VALUE_INVALID")]),
        ({"offset": 2**63 - 1}, [("offset", "VALUE_INVALID")]),
        (
            {"register": "x", "import_id": ""},
            [("register", "ENTERPRISE_NUMBER_MALFORMED"), ("import_id", "VALUE_INVALID")],
        ),
        ({"register": NOBODY}, [("register", "MANDATE_MISSING")]),
        ({"import_id": "x" * 129}, [("import_id", "VALUE_INVALID")]),
        ({"import_id": "one", "offset": 5}, [("offset", "IMPORT_OFFSET_AHEAD")]),
    ],
)
async def test_wrong_first_message_ends_the_stream(
    harness: Harness, message: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    refusal = await refused(harness, message)
    assert (refusal.violations or [("register", refusal.info.reason)]) == expected
    assert harness.store.mutations == []


async def test_wrong_later_message_ends_the_stream_and_keeps_earlier_ones(harness: Harness) -> None:
    answered: list[int] = []
    go_on = asyncio.Event()

    async def messages() -> AsyncIterator[v1.ImportRequest]:
        yield ParseDict({"operations": [INSCRIBE], "import_id": "one"}, v1.ImportRequest())
        await go_on.wait()
        yield ParseDict({"offset": 1, "register": OTHER, "import_id": "two"}, v1.ImportRequest())

    call = harness.stub.Import(messages(), metadata=CALLER)
    answered.append((await call.read()).through_offset)
    go_on.set()
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call.read()
    refusal = told(raised.value)
    assert answered == [1]
    assert (refusal.status, refusal.violations) == (
        "INVALID_ARGUMENT",
        [("register", "VALUE_INVALID"), ("import_id", "VALUE_INVALID")],
    )
    assert refusal.request_id == refusal.call_id
    assert len(harness.store.mutations) == 1
    assert harness.observed.calls == [("Import", "INVALID_ARGUMENT")]


async def test_register_and_import_id_may_be_repeated(harness: Harness) -> None:
    received = await answers(
        harness,
        {"operations": [INSCRIBE], "import_id": "one"},
        {"operations": [REMOVE], "offset": 1, "import_id": "one", "register": OWN},
    )
    assert [each["through_offset"] for each in received] == ["1", "2"]


async def test_a_full_message_fits(harness: Harness) -> None:
    identity = {"last_name": "x" * 256, "first_names": ["y" * 256] * 3, "birth_date": "1985-07-30"}
    operation = {"inscribe": {**INSCRIBED, "identity": identity}}
    (answer,) = await answers(harness, {"operations": [operation] * 5_000})
    assert answer["through_offset"] == "5000"


async def test_import_whose_caller_leaves_has_applied_whole_messages(harness: Harness) -> None:
    harness.store.access.clear()
    call = harness.stub.Import(asked({"operations": [INSCRIBE, REMOVE]}), metadata=CALLER)
    reading = asyncio.ensure_future(call.read())
    await asyncio.wait_for(harness.store.begun.wait(), 30)
    call.cancel()
    harness.store.access.set()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (await answers(harness, {"operations": [INSCRIBE]}))[0]["through_offset"] == "1"
    assert len(harness.store.mutations) in (1, 3)
