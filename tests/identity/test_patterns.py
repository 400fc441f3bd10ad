"""The file of certificate patterns."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from cryptography.x509.oid import NameOID

from raas.identity.certificates import CertificateReader
from raas.identity.development import Authority
from raas.identity.patterns import PatternsRefused, load_patterns

PLACE = {"attribute": "O", "value": r"organisation (\d{10})"}


def test_patterns_of_a_file_read_certificates_of_their_authority(tmp_path: Path) -> None:
    authority = Authority("Integrator")
    (tmp_path / "integrator.pem").write_bytes(authority.pem)
    path = tmp_path / "patterns.json"
    application = {"attribute": "CN", "value": "app:(.+)"}
    entry = {"name": "own", "organisation": PLACE, "application": application, "issuers": ["integrator.pem"]}
    path.write_text(json.dumps([entry]))
    reader = CertificateReader([authority.certificate], load_patterns(path))
    subject = [(NameOID.ORGANIZATION_NAME, "organisation 0999999922"), (NameOID.COMMON_NAME, "app:import")]
    assert reader.read(authority.issue(subject).certificate_pem, time.time()).application == "import"


def test_everything_wrong_in_a_file_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "patterns.json"
    good = {"name": "a", "organisation": PLACE, "application": PLACE, "issuers": ["missing.pem"]}
    (tmp_path / "good.pem").write_bytes(Authority("Good").pem)
    path.write_text(
        json.dumps(
            [
                good,
                {"name": "b", "application": PLACE, "issuers": ["good.pem"]},
                {**good, "organisation": {"attribute": "XX", "value": "(a)"}, "issuers": ["good.pem"]},
                {**good, "issuers": []},
                {**good, "colour": 1},
                "text",
            ]
        )
    )
    with pytest.raises(PatternsRefused) as raised:
        load_patterns(path)
    lines = str(raised.value).splitlines()
    assert [line.removeprefix(f"{path}: ").split(":")[0] for line in lines] == [
        f"pattern {number}" for number in range(1, 7)
    ]
    for line, word in zip(
        lines, ["missing.pem", "organisation", "XX", "issuers", "colour", "object"], strict=True
    ):
        assert word in line


@pytest.mark.parametrize("text", ["", "{}", "[]"])
def test_a_file_without_a_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "patterns.json"
    path.write_text(text)
    with pytest.raises(PatternsRefused):
        load_patterns(path)
