"""The answer of Inscribe, Remove and ApplyBatch in the form in which it is stored with a request id.

Version 1, as JSON; see docs/stored-forms.md:

    {"version": 1, "revision": 7, "last_dossiers_only": false, "results": [result, …]}

A result has `niss`, `dossier_type`, `action` (INSCRIBE or REMOVE), `outcome`, `lines` (null where
`last_dossiers_only` leaves them out), `gone`, `dossier_revision`, `revision` and, where present,
`requested_niss`, `partner` and `notices`. Lines are pairs of days, both inclusive, null = no end. A notice
has `reason`, `field` and `sentence`.
"""

from __future__ import annotations

import json
from typing import Any

from raas.domain.calendar.day import OPEN, day_text, parse_day
from raas.domain.calendar.periods import Lines, Period
from raas.domain.errors import reason_named
from raas.domain.json_value import Json
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.registers.dossier import InscribeOutcome, RemoveOutcome
from raas.usecases.calls.fingerprint import canonical_json
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.writes.results import Applied, BatchAnswer, Notice, Rejected

VERSION = 1

_OUTCOMES: dict[tuple[str, str], InscribeOutcome | RemoveOutcome] = {
    ("INSCRIBE", "CREATED"): InscribeOutcome.CREATED,
    ("INSCRIBE", "ADDED"): InscribeOutcome.ADDED,
    ("INSCRIBE", "EXTENDED"): InscribeOutcome.EXTENDED,
    ("INSCRIBE", "MERGED"): InscribeOutcome.MERGED,
    ("INSCRIBE", "UNCHANGED"): InscribeOutcome.UNCHANGED,
    ("REMOVE", "REMOVED"): RemoveOutcome.REMOVED,
    ("REMOVE", "SPLIT"): RemoveOutcome.SPLIT,
    ("REMOVE", "TRIMMED"): RemoveOutcome.TRIMMED,
    ("REMOVE", "UNCHANGED"): RemoveOutcome.UNCHANGED,
}
_TEXTS = {outcome: text for text, outcome in _OUTCOMES.items()}


def encode_answer(answer: BatchAnswer) -> bytes:
    """The answer as it is stored. ValueError for one that holds a rejected operation: nothing was written."""
    return canonical_json(
        {
            "version": VERSION,
            "revision": answer.revision,
            "last_dossiers_only": answer.last_dossiers_only,
            "results": [_result(result) for result in answer.results],
        }
    )


def decode_answer(stored: bytes) -> BatchAnswer:
    """The answer that was stored. Raises StoreUnavailable for the form of a later version."""
    form = json.loads(stored)
    if form["version"] != VERSION:
        raise StoreUnavailable("a later version of RaaS stored this answer")
    return BatchAnswer(
        tuple(_applied(result) for result in form["results"]), form["revision"], form["last_dossiers_only"]
    )


def _result(result: Applied | Rejected) -> Json:
    if isinstance(result, Rejected):
        raise ValueError("an answer with rejected operations is never stored")
    action, outcome = _TEXTS[result.outcome]
    form: dict[str, Json] = {
        "niss": niss_text(result.niss),
        "dossier_type": result.dossier_type,
        "action": action,
        "outcome": outcome,
        "lines": _lines(result.lines) if result.whole else None,
        "gone": _lines(result.gone),
        "dossier_revision": result.dossier_revision,
        "revision": result.revision,
    }
    if result.requested_niss is not None:
        form["requested_niss"] = niss_text(result.requested_niss)
    if result.partner is not None:
        form["partner"] = enterprise_number_text(result.partner)
    if result.notices:
        form["notices"] = [
            {"reason": notice.reason.name, "field": notice.field, "sentence": notice.sentence}
            for notice in result.notices
        ]
    return form


def _applied(form: dict[str, Any]) -> Applied:
    lines = form["lines"]
    return Applied(
        Niss(int(form["niss"])),
        Niss(int(form["requested_niss"])) if "requested_niss" in form else None,
        form["dossier_type"],
        EnterpriseNumber(int(form["partner"])) if "partner" in form else None,
        _OUTCOMES[form["action"], form["outcome"]],
        () if lines is None else _lines_from(lines),
        _lines_from(form["gone"]),
        form["dossier_revision"],
        form["revision"],
        tuple(
            Notice(reason_named(notice["reason"]), notice["field"], notice["sentence"])
            for notice in form.get("notices", ())
        ),
        whole=lines is not None,
    )


def _lines(lines: Lines) -> Json:
    return [[day_text(begin), day_text(end - 1) if end < OPEN else None] for begin, end in lines]


def _lines_from(form: list[list[str | None]]) -> Lines:
    return tuple(
        Period(parse_day(begin), OPEN if end is None else parse_day(end) + 1)
        for begin, end in form
        if begin is not None
    )
