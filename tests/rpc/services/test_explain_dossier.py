"""ExplainDossier through a real server: the arguments of the use case, the answer, its language."""

from __future__ import annotations

from typing import Any

import pytest

from raas.domain.calendar.day import parse_day
from raas.domain.errors import Reason, Violation
from raas.domain.registers.mutation import MutationKind
from raas.domain.sentences import SENTENCES
from raas.usecases.reads.explain import Explanation
from raas.v1 import register_service_pb2 as v1
from tests.rpc.harness import ANN, CALLER, MOVED, NOBODY, OTHER, OWN, Harness
from tests.rpc.services.test_register_reads import NOON, call, mutation, niss, refused

VALUES = {
    "day": "2024-06-15",
    "dossier_type": "HEALTH",
    "actor": OTHER,
    "recorded": "2026-07-01 14:00",
    "legal_context": "–",
}


def explanation(known: bool, sentence: str, revision: int | None = 3) -> Explanation:
    decided = None if revision is None else mutation(revision, MutationKind.INSCRIBED)
    numbers, resolved = (niss(ANN), niss(MOVED)), ((niss(MOVED), niss(ANN)),)
    return Explanation(known, decided, numbers, resolved, 7, sentence, VALUES)


async def test_known_person_is_explained(harness: Harness) -> None:
    harness.explain.answer = explanation(True, "EXPLAIN_INSCRIBED")
    request = {
        "niss": MOVED,
        "dossier_type": "HEALTH",
        "day": "2024-06-15",
        "at_time": "2026-07-01T12:00:00.25Z",
    }
    answer = await call(harness, "ExplainDossier", request)
    _, register, *asked = harness.explain.asked[0]
    assert (register.enterprise_number, asked) == (
        int(OWN),
        [niss(MOVED), "HEALTH", parse_day("2024-06-15"), NOON],
    )
    shown = answer.pop("mutation")
    assert (shown["revision"], shown["kind"], shown["actor"]) == ("3", "MUTATION_KIND_INSCRIBED", OTHER)
    assert answer == {
        "known": True,
        "former_niss": [MOVED],
        "sentence": f"On 2024-06-15 the person is known under HEALTH, because {OTHER} inscribed that day on "
        "2026-07-01 14:00 (legal context: –).",
        "resolved": [{"niss": MOVED, "successor_niss": ANN}],
        "revision": "7",
    }
    record = harness.audit.records[-1]
    assert (record.touched, record.shown, record.revision) == ((int(MOVED),), (int(ANN), int(MOVED)), 3)


async def test_explanation_without_a_deciding_mutation_has_none(harness: Harness) -> None:
    harness.explain.answer = explanation(False, "EXPLAIN_NEVER", None)
    answer = await call(harness, "ExplainDossier", {"niss": ANN, "day": "2024-06-15"})
    assert harness.explain.asked[0][2:] == (niss(ANN), None, parse_day("2024-06-15"), None)
    assert "known" not in answer
    assert "mutation" not in answer


@pytest.mark.parametrize("language", SENTENCES)
async def test_the_sentence_is_in_the_language_of_the_caller(harness: Harness, language: str) -> None:
    for key in (key for key in SENTENCES[language] if key.startswith("EXPLAIN_")):
        harness.explain.answer = explanation(True, key)
        answer = await harness.stub.ExplainDossier(
            v1.ExplainDossierRequest(niss=ANN, day="2024-06-15"),
            metadata=(*CALLER, ("accept-language", language)),
        )
        assert answer.sentence == SENTENCES[language][key].format(**VALUES)


@pytest.mark.parametrize(
    ("request_", "violations"),
    [
        ({}, [("niss", "REQUIRED"), ("day", "REQUIRED")]),
        (
            {"niss": "1", "dossier_type": "", "day": "2023-02-29", "at_time": "0001-01-01T00:00:00Z"},
            [("niss", "NISS_MALFORMED"), ("dossier_type", "REQUIRED"), ("day", "VALUE_INVALID")],
        ),
        ({"niss": ANN, "day": "15/06/2024"}, [("day", "VALUE_INVALID")]),
    ],
)
async def test_all_violations_are_reported_at_once(
    harness: Harness, request_: dict[str, Any], violations: list[tuple[str, str]]
) -> None:
    harness.explain.found = [Violation("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN)]
    unread = {field for field, _ in violations}
    found = [] if "dossier_type" in unread else [("dossier_type", "DOSSIER_TYPE_UNKNOWN")]
    refusal = await refused(harness, "ExplainDossier", request_)
    assert (refusal.status, refusal.violations) == ("INVALID_ARGUMENT", violations + found)
    assert not harness.explain.asked


async def test_explanation_needs_a_mandate_to_read(harness: Harness) -> None:
    refusal = await refused(harness, "ExplainDossier", {"register": NOBODY, "niss": ANN, "day": "2024-06-15"})
    assert (refusal.status, refusal.info.reason) == ("PERMISSION_DENIED", "MANDATE_MISSING")
