"""The recipes of docs/from-soap.md have the effects they describe."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from raas.domain.errors import Reason
from raas.v1 import mutation_stream_pb2, person_service_pb2
from raas.v1 import register_service_pb2 as v1
from tests.rpc.harness import ANN, CALLER, Harness

PAGE = (Path(__file__).parents[2] / "docs" / "from-soap.md").read_text()
REQUESTS = (v1.InscribeRequest, v1.RemoveRequest, v1.ApplyBatchRequest, v1.ExplainDossierRequest)


async def lines(harness: Harness, rpc: str, request: dict[str, Any]) -> list[dict[str, str]]:
    """The lines of the dossier after a call."""
    message = ParseDict({"niss": ANN, "dossier_type": "HEALTH", **request}, getattr(v1, f"{rpc}Request")())
    answer = await getattr(harness.stub, rpc)(message, metadata=CALLER)
    found: list[dict[str, str]] = MessageToDict(answer.dossier).get("periods", [])
    return found


@pytest.mark.parametrize("block", re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
def test_json_example_is_a_valid_request(block: str) -> None:
    request = json.loads(block)
    fits = 0
    for kind in REQUESTS:
        try:
            ParseDict(request, kind())
        except ParseError:
            continue
        fits += 1
    assert fits


async def test_dossier_is_ended_reopened_and_shortened(harness: Harness) -> None:
    await lines(harness, "Inscribe", {"period": {"begin": "2020-01-01"}})
    ended = await lines(harness, "Remove", {"period": {"begin": "2024-07-01"}})
    assert ended == [{"begin": "2020-01-01", "end": "2024-06-30"}]
    opened = await lines(harness, "Inscribe", {"period": {"begin": "2024-07-01"}})
    assert opened == [{"begin": "2020-01-01"}]
    later = await lines(harness, "Remove", {"period": {"end": "2023-12-31"}})
    assert later == [{"begin": "2024-01-01"}]


async def test_batch_replaces_all_periods(harness: Harness) -> None:
    await lines(harness, "Inscribe", {"period": {"begin": "2020-01-01"}})
    one, two = {"begin": "2024-01-01", "end": "2024-03-31"}, {"begin": "2025-01-01"}
    dossier = {"niss": ANN, "dossier_type": "HEALTH"}
    operations = [
        {"remove": dossier},
        {"inscribe": {**dossier, "period": one}},
        {"inscribe": {**dossier, "period": two}},
    ]
    request = ParseDict({"operations": operations}, v1.ApplyBatchRequest())
    answer = await harness.stub.ApplyBatch(request, metadata=CALLER)
    assert MessageToDict(answer.results[-1].inscribe.dossier)["periods"] == [one, two]


def test_every_named_reason_exists() -> None:
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", PAGE))
    others = {
        "ALL", "HEALTH_INSURANCE", "IDENTITY_CHANGED", "NISS_RESTORED", "NISS_CANCELLED", "INVALID_ARGUMENT",
        "REPLACED_NISS_POLICY_REFUSE",
    }  # fmt: skip
    assert named - others <= {reason.name for reason in Reason}


def test_every_recommended_rpc_exists() -> None:
    """In tables the last column names the RPCs of RaaS; elsewhere the whole text does."""
    served = {
        rpc.name
        for module in (v1, mutation_stream_pb2, person_service_pb2)
        for service in module.DESCRIPTOR.services_by_name.values()
        for rpc in service.methods
    }
    lines = (line.rstrip(" |").rpartition("|")[2] for line in PAGE.splitlines())
    named = set(re.findall(r"`(?:MutationStream\.)?([A-Z][a-z]+[A-Za-z]*)`", "\n".join(lines)))
    assert len(named) > 15
    assert named <= served


def test_every_network_code_is_mapped() -> None:
    known = (0, 3, 5, 6, 8, 9, 11, 12, 13, 21, 100)
    assert [code for code in known if f"| MSG{code:05}" not in PAGE] == []
