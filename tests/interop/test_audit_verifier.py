"""docs/audit-format.md suffices: a verifier in JavaScript finds every corruption that ours finds."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raas.domain.audit.inclusion import InclusionProof, proof_text
from raas.domain.audit.key_history import key_history_text
from raas.usecases.proof.prove import NotProvable, prove_call
from tests.interop.conftest import HERE, NODE
from tests.usecases.proof.corruptions import CORRUPTIONS, Case, case_of_removed_months
from tests.usecases.proof.random_corruptions import random_corruptions
from tests.usecases.proof.sample_log import DAY, MINUTE, START, SampleLog, full_log, write

KEYS = key_history_text(SampleLog().keys)


class JavaScript:
    """The verifier in JavaScript, in one process for many cases."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([NODE, HERE / "audit_cases.js"], stdin=pipe, stdout=pipe)

    def verify(self, case: Case, until: int | None = None) -> dict[str, Any]:
        form = {
            "export": b64encode(b"".join(case.lines)).decode(),
            "notes": [b64encode(note).decode() for note in case.notes],
            "keys": KEYS,
            "until": until,
        }
        result: dict[str, Any] = self._ask(form)
        return result

    def proving_checkpoint(self, proof: InclusionProof) -> int | None:
        """The number of the checkpoint that proves a record; None if it is not proven."""
        number: int | None = self._ask({"proof": proof_text(proof), "keys": KEYS})
        return number

    def _ask(self, form: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(form).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def javascript() -> Iterator[JavaScript]:
    process = JavaScript()
    yield process
    process.close()


@pytest.fixture(scope="module")
def case() -> Case:
    log = asyncio.run(full_log())
    return Case(asyncio.run(log.export()), log.notes)


@pytest.fixture(scope="module")
def removed() -> Case:
    return asyncio.run(case_of_removed_months())


def test_javascript_accepts_a_whole_export(javascript: JavaScript, case: Case) -> None:
    assert javascript.verify(case) == {
        "sound": True,
        "records": len(case.lines) - 1,
        "removed": 0,
        "checkpoints": 6,
        "findings": [],
    }


def test_javascript_accepts_removed_months(javascript: JavaScript) -> None:
    async def made(edge: int) -> Case:
        log = await full_log()
        log.now += 2 * DAY
        for revision in range(21, 25):
            write(log, revision)
        await log.checkpoint()
        log.store.remove_before(edge)
        return Case(await log.export(), log.notes)

    for edge in (START + 62 * MINUTE, START + 2 * MINUTE + 15_000):
        result = javascript.verify(asyncio.run(made(edge)))
        assert result["findings"] == []
        assert result["removed"] > 0


def test_javascript_accepts_an_older_export_until_its_checkpoint(javascript: JavaScript, case: Case) -> None:
    older = Case(asyncio.run(asyncio.run(full_log(3)).export()), case.notes)
    assert [each["fault"] for each in javascript.verify(older)["findings"]] == ["TAIL_CUT"]
    assert javascript.verify(older, until=3)["sound"]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_javascript_names_each_corruption(name: str, javascript: JavaScript, case: Case) -> None:
    corruption, faults = CORRUPTIONS[name]

    async def corrupted() -> Case:
        made = corruption(case)
        return await made if inspect.isawaitable(made) else made

    found = {each["fault"] for each in javascript.verify(asyncio.run(corrupted()))["findings"]}
    assert found & {fault.name for fault in faults}


@settings(max_examples=300)
@given(data=st.data())
def test_javascript_always_finds_a_random_corruption(
    data: st.DataObject, javascript: JavaScript, case: Case, removed: Case
) -> None:
    whole = data.draw(st.sampled_from((case, removed)))
    assert not javascript.verify(data.draw(random_corruptions(whole)))["sound"]


def test_javascript_verifies_the_proof_of_each_call(javascript: JavaScript) -> None:
    log = asyncio.run(full_log())
    for number in range(1, log.calls + 1):
        try:
            (proof,) = asyncio.run(prove_call(log.store, UUID(int=number)))
        except NotProvable:
            continue  # the record has no call id
        assert javascript.proving_checkpoint(proof) == 6
        for altered in (
            replace(proof, index=proof.index + 1),
            replace(proof, leaf=(proof.leaf + 1) % 29),
            replace(proof, previous=bytes(32)),
            replace(proof, hashes=proof.hashes[:-1]),
            replace(proof, texts=(*proof.texts[:17], "OTHER", *proof.texts[18:])),
            replace(proof, note=proof.note.replace(b"number 6", b"number 7")),
        ):
            assert javascript.proving_checkpoint(altered) is None


def test_javascript_verifies_files_from_the_command_line(case: Case, tmp_path: Path) -> None:
    (tmp_path / "export.jsonl").write_bytes(b"".join(case.lines))
    (tmp_path / "keys.json").write_text(KEYS)
    for number, note in enumerate(case.notes, 1):
        path = tmp_path / "checkpoints" / f"{number // 10_000:06d}" / f"{number:012d}.note"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(note)
    command = [NODE, HERE / "audit_verifier.js", "export.jsonl", "checkpoints", "keys.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60)
    assert (done.returncode, json.loads(done.stdout)["sound"]) == (0, True)
    path.unlink()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 1
    assert [each["fault"] for each in json.loads(done.stdout)["findings"]] == ["CHECKPOINT_MISSING"]
