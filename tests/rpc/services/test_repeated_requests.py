"""Requests repeated with their request id: the answer is rebuilt from the stored form, of any version."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict

from raas.usecases.ports.write_store import AnsweredRequest
from raas.v1 import register_service_pb2 as v1
from raas.v1.inscription_pb2 import INSCRIBE_OUTCOME_CREATED as CREATED
from raas.v1.inscription_pb2 import REMOVE_OUTCOME_TRIMMED as TRIMMED
from tests.rpc.harness import ANN, CALLER, MOVED, OWN, Harness, told

INSCRIBED = {"niss": ANN, "dossier_type": "HEALTH", "period": {"begin": "2024-01-01", "end": "2024-01-31"}}
BATCH = {"operations": [{"inscribe": INSCRIBED}, {"remove": {**INSCRIBED, "niss": MOVED}}]}
KEY = OWN, "once"


async def call(harness: Harness, rpc: str, request: dict[str, Any], language: str = "en") -> Any:
    message = ParseDict({**request, "request_id": "once"}, getattr(v1, f"{rpc}Request")())
    return await getattr(harness.stub, rpc)(message, metadata=(*CALLER, ("accept-language", language)))


@pytest.mark.parametrize(("rpc", "body"), [("Inscribe", INSCRIBED), ("ApplyBatch", BATCH)])
async def test_request_id_covers_the_request_with_and_without_the_own_register(
    harness: Harness, rpc: str, body: dict[str, Any]
) -> None:
    first = await call(harness, rpc, body)
    assert await call(harness, rpc, {**body, "register": OWN}) == first
    assert len(harness.store.mutations) == first.revision


async def test_a_repeated_request_is_answered_in_the_language_of_the_repetition(harness: Harness) -> None:
    request = {**INSCRIBED, "niss": MOVED}
    first = await call(harness, "Inscribe", request, "en")
    again = await call(harness, "Inscribe", request, "nl")
    assert first.notices[0].message != again.notices[0].message
    for answer in (first, again):
        del answer.notices[:]
    assert first == again


@pytest.mark.parametrize(
    ("rpc", "body", "answer"),
    [
        (
            "Inscribe",
            INSCRIBED,
            v1.InscribeResponse(revision=7, outcome=CREATED),
        ),
        ("Remove", INSCRIBED, v1.RemoveResponse(revision=7, outcome=TRIMMED)),
        ("ApplyBatch", BATCH, v1.ApplyBatchResponse(revision=7)),
    ],
)
async def test_an_answer_of_an_earlier_version_is_given_again(
    harness: Harness, rpc: str, body: dict[str, Any], answer: Any
) -> None:
    message = ParseDict({**body, "request_id": "once"}, getattr(v1, f"{rpc}Request")())
    hashed = f"/raas.v1.RegisterService/{rpc}\n".encode() + message.SerializeToString(deterministic=True)
    harness.store.register.requests[KEY] = AnsweredRequest(
        sha256(hashed).digest(), answer.SerializeToString()
    )

    assert await call(harness, rpc, body) == answer
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(harness, rpc, {**body, "register": OWN})
    assert told(raised.value).violations == [("request_id", "REQUEST_ID_REUSED")]
    assert harness.store.mutations == []
