"""A client in JavaScript that loads the protos with @grpc/grpc-js, against a real server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from uuid import UUID

import google.rpc
import pytest

from tests.e2e.registers import TestRegister
from tests.e2e.servers import ROOT
from tests.interop.conftest import NODE

ANN = "85673003360"
PROTOS_OF_GOOGLE = Path(next(iter(google.rpc.__path__))).parents[1]


@pytest.mark.timeout(420)
def test_javascript_client_writes_reads_and_subscribes(node_directory: Path, register: TestRegister) -> None:
    done = subprocess.run(
        [
            NODE,
            "client.js",
            register.server.target,
            register.number,
            ROOT / "protos",
            PROTOS_OF_GOOGLE,
        ],
        cwd=node_directory,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)

    assert result["inscribed"]["outcome"] == "INSCRIBE_OUTCOME_CREATED"
    assert result["inscribed"]["revision"] == "6"
    assert str(UUID(result["callId"])) == result["callId"]
    (dossier,) = result["consulted"]["dossiers"]
    assert (dossier["niss"], dossier["dossierType"]) == (ANN, "PENSION")
    assert [(line["begin"], line["end"]) for line in dossier["periods"]] == [("2024-01-01", "2024-06-30")]

    refusal = result["refusal"]
    assert refusal["code"] == "INVALID_ARGUMENT"
    assert refusal["details"]["ErrorInfo"]["reason"] == "NISS_MALFORMED"
    assert refusal["details"]["ErrorInfo"]["domain"] == "raas"
    violations = refusal["details"]["BadRequest"]["fieldViolations"]
    assert {(each["field"], each["reason"]) for each in violations} == {
        ("niss", "NISS_MALFORMED"),
        ("period.begin", "PERIOD_INVALID"),
    }
    # The sentences are in the requested language.
    assert any("chiffres de contrôle" in each["description"] for each in violations)
    assert UUID(refusal["details"]["RequestInfo"]["requestId"])

    assert result["extended"]["outcome"] == "INSCRIBE_OUTCOME_EXTENDED"
    mutations = result["mutations"]
    assert [mutation["revision"] for mutation in mutations] == [str(n) for n in range(1, 8)]
    assert [(m["kind"], m["niss"], m["dossierType"]) for m in mutations[5:]] == [
        ("MUTATION_KIND_INSCRIBED", ANN, "PENSION")
    ] * 2
    assert [line["begin"] for line in mutations[6]["after"]] == ["2024-01-01"]
    assert result["bookmark"] == {"revision": "7", "logId": register.state().log_id}
