"""The samples of error_reason.proto: one ErrorInfo, or one Notice, for each value."""

from __future__ import annotations

import json
import re

import pytest
from google.protobuf.json_format import ParseDict
from google.rpc.error_details_pb2 import ErrorInfo

from raas.domain.errors import Category, Reason, Violation
from raas.domain.sentences import sentence
from raas.rpc.calls.errors import status_of
from raas.v1.error_reason_pb2 import ErrorReason
from raas.v1.notice_pb2 import Notice
from tests.e2e.servers import ROOT

_VALUE = re.compile(r"((?:^  //.*\n)+)^  ERROR_REASON_(\w+) = (\d+);", re.MULTILINE)
_SAMPLE = re.compile(r"^  //     (.*)$", re.MULTILINE)


def samples() -> dict[Reason, tuple[str, dict[str, object]]]:
    """The comment and the sample of every reason."""
    text = (ROOT / "protos" / "raas" / "v1" / "error_reason.proto").read_text()
    values = {name: comment for comment, name, number in _VALUE.findall(text) if number != "0"}
    return {
        Reason[name]: (comment, json.loads("\n".join(_SAMPLE.findall(comment))))
        for name, comment in values.items()
    }


def test_every_reason_has_a_sample() -> None:
    assert samples().keys() == set(Reason)


@pytest.mark.parametrize("reason", [each for each in Reason if each.category is not Category.NOTICE])
def test_sample_of_a_refusal_is_its_error_info(reason: Reason) -> None:
    comment, sample = samples()[reason]
    info = ParseDict(sample, ErrorInfo())
    assert (info.reason, info.domain) == (reason.name, "raas")
    status = status_of([Violation("", reason)]).name
    assert f"Status {status}." in " ".join(comment.replace("//", "").split())
    for key in info.metadata:
        assert key == "violation_count" or f"`{key}`" in comment, f"{key} is not documented"


@pytest.mark.parametrize("reason", [each for each in Reason if each.category is Category.NOTICE])
def test_sample_of_a_notice_is_the_notice(reason: Reason) -> None:
    notice = ParseDict(samples()[reason][1], Notice())
    assert ErrorReason.Name(notice.reason) == f"ERROR_REASON_{reason.name}"
    assert notice.message == sentence(reason.name, "en", {})
