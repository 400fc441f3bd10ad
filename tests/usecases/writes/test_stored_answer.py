"""Stored answers: the bytes of version 1, and every answer as it was."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Period, normalise
from raas.domain.errors import Reason
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier import InscribeOutcome, RemoveOutcome
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.writes.results import Applied, BatchAnswer, Notice, Rejected
from raas.usecases.writes.stored_answer import decode_answer, encode_answer

FOLLOWED = Notice(Reason.NISS_REPLACED, "niss", "NOTICE_NISS_FOLLOWED")

_lines = st.builds(
    lambda days, is_open: normalise(Period(d, OPEN if is_open and d == max(days) else d + 3) for d in days),
    st.lists(st.integers(700_000, 760_000), max_size=5),
    st.booleans(),
)
_applied = st.builds(
    Applied,
    st.integers(10**9, 10**11 - 1).map(Niss),
    st.none() | st.integers(10**9, 10**11 - 1).map(Niss),
    st.text(min_size=1, max_size=64),
    st.none() | st.integers(1, 1_999_999_999).map(EnterpriseNumber),
    st.sampled_from([*InscribeOutcome, *RemoveOutcome]),
    _lines,
    _lines,
    st.integers(0, 2**62),
    st.integers(0, 2**62),
    st.sampled_from([(), (FOLLOWED,), (FOLLOWED, Notice(Reason.PERSON_DECEASED, None, "PERSON_DECEASED"))]),
    st.just(True),
)


@given(st.lists(_applied, min_size=1, max_size=4), st.integers(0, 2**62), st.booleans())
def test_a_stored_answer_is_the_answer(results: list[Applied], revision: int, last_only: bool) -> None:
    answer = BatchAnswer(tuple(results), revision, last_only)
    assert decode_answer(encode_answer(answer)) == answer


def test_version_1_keeps_its_bytes() -> None:
    answer = BatchAnswer(
        (
            Applied(
                Niss(17670303353),
                Niss(85673003360),
                "HEALTH",
                EnterpriseNumber(999999922),
                InscribeOutcome.EXTENDED,
                (Period(738_886, 738_917), Period(739_000, OPEN)),
                (Period(738_886, 738_900),),
                7,
                7,
                (FOLLOWED,),
            ),
            Applied(
                Niss(17670303353), None, "HEALTH", None, RemoveOutcome.REMOVED, (), (), 8, 8, (), whole=False
            ),
        ),
        8,
        last_dossiers_only=True,
    )
    stored = (
        b'{"last_dossiers_only":true,"results":['
        b'{"action":"INSCRIBE","dossier_revision":7,"dossier_type":"HEALTH",'
        b'"gone":[["2024-01-01","2024-01-14"]],"lines":[["2024-01-01","2024-01-31"],["2024-04-24",null]],'
        b'"niss":"17670303353",'
        b'"notices":[{"field":"niss","reason":"NISS_REPLACED","sentence":"NOTICE_NISS_FOLLOWED"}],'
        b'"outcome":"EXTENDED","partner":"0999999922","requested_niss":"85673003360","revision":7},'
        b'{"action":"REMOVE","dossier_revision":8,"dossier_type":"HEALTH","gone":[],"lines":null,'
        b'"niss":"17670303353","outcome":"REMOVED","revision":8}],"revision":8,"version":1}'
    )
    assert encode_answer(answer) == stored
    assert decode_answer(stored) == answer


def test_fields_that_a_later_version_adds_are_ignored() -> None:
    form = json.loads(encode_answer(BatchAnswer((), 3)))
    assert decode_answer(json.dumps({**form, "added_later": 1}).encode()) == BatchAnswer((), 3)


def test_a_later_version_is_unavailable_here() -> None:
    with pytest.raises(StoreUnavailable):
        decode_answer(b'{"version":2}')


def test_rejected_operations_are_never_stored() -> None:
    with pytest.raises(ValueError, match="never stored"):
        encode_answer(BatchAnswer((Rejected(()),), 3))
