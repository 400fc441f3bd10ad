"""Answers joined from bytes are, once read, the messages that they stand for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.day import OPEN, period_text
from raas.domain.calendar.periods import Lines, Period, normalise
from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier import InscribeOutcome, RemoveOutcome
from raas.rpc.wire.applied import applied_bytes, batch_bytes
from raas.rpc.wire.dossiers import dossier_message, dossiers_bytes
from raas.rpc.wire.encoding import text_tag, varint
from raas.rpc.wire.violations import notice_messages, violation_messages
from raas.usecases.ports.read_store import DossierView
from raas.usecases.writes.results import Applied, BatchAnswer, Notice, Rejected
from raas.v1 import register_service_pb2 as v1
from raas.v1.dossier_pb2 import Dossier
from raas.v1.period_pb2 import Period as PeriodMessage

REGISTER = EnterpriseNumber(999999922)

periods = st.integers(1, OPEN - 2).flatmap(
    lambda begin: st.builds(Period, st.just(begin), st.integers(begin + 1, OPEN))
)
lines = st.lists(periods, max_size=6).map(normalise)
numbers = st.integers(0, 2**62)
views = st.builds(
    DossierView,
    st.integers(0, 99_999_999_999).map(Niss),
    st.sampled_from(["PENSION", "A"]),
    st.sampled_from([None, EnterpriseNumber(403019261)]),
    lines,
    numbers,
)


def _messages(many: Lines) -> list[PeriodMessage]:
    return [PeriodMessage(begin=begin, end=end) for begin, end in map(period_text, many)]


@given(st.lists(views, max_size=4), numbers)
def test_dossiers(many: list[DossierView], revision: int) -> None:
    rest = v1.ExportResponse(revision=revision).SerializeToString()
    tag = text_tag(v1.ExportResponse.DOSSIERS_FIELD_NUMBER)

    answer = v1.ExportResponse.FromString(dossiers_bytes(tag, REGISTER, many) + rest)

    expected = [
        Dossier(
            register="0999999922",
            niss=f"{view.niss:011d}",
            dossier_type=view.dossier_type,
            periods=_messages(view.lines),
            revision=view.revision,
            partner=None if view.partner is None else "0403019261",
        )
        for view in many
    ]
    assert answer == v1.ExportResponse(dossiers=expected, revision=revision)
    assert [dossier_message("0999999922", view) for view in many] == expected


@given(numbers)
def test_numbers_are_written_as_protobuf_writes_them(number: int) -> None:
    assert b"\x10" + varint(number) == (v1.ExportResponse(revision=number).SerializeToString() or b"\x10\x00")


@pytest.mark.parametrize("outcome", [*InscribeOutcome, *RemoveOutcome])
@pytest.mark.parametrize("requested", [None, Niss(85673003360)])
def test_applied_operations_are_answered_with_their_change(
    outcome: InscribeOutcome | RemoveOutcome, requested: Niss | None
) -> None:
    after, gone = (Period(730_000, 730_100), Period(730_200, OPEN)), (Period(730_000, 730_050),)
    notices = (Notice(Reason.NISS_REPLACED, "niss", "NOTICE_NISS_FOLLOWED"),) if requested else ()
    applied = Applied(
        Niss(71651404130), requested, "PENSION", None, outcome, after, gone, 300, 70_000, notices
    )
    dossier = Dossier(
        register="0999999922",
        niss="71651404130",
        dossier_type="PENSION",
        periods=_messages(after),
        revision=300,
    )
    common: dict[str, Any] = {
        "dossier": dossier,
        "outcome": outcome.value,
        "revision": 70_000,
        "replaced_niss": "85673003360" if requested else None,
        "notices": notice_messages(notices, "fr"),
    }
    inscribed = isinstance(outcome, InscribeOutcome)
    expected: Any = (
        v1.InscribeResponse(**common, absorbed=_messages(gone))
        if inscribed
        else v1.RemoveResponse(**common, removed=_messages(gone))
    )

    assert type(expected).FromString(applied_bytes(REGISTER, applied, "fr")) == expected

    violations = (Violation("niss", Reason.NISS_UNKNOWN),)
    answer = v1.ApplyBatchResponse.FromString(
        batch_bytes(REGISTER, BatchAnswer((applied, Rejected(violations)), 70_000), "fr")
    )
    name = "inscribe" if inscribed else "remove"
    rejection = v1.BatchRejection(violations=violation_messages(violations, "fr"))
    results = [v1.BatchResult(**{name: expected}), v1.BatchResult(rejected=rejection)]
    assert answer == v1.ApplyBatchResponse(results=results, revision=70_000)
