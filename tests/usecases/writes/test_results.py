"""The largest answer of a batch."""

from __future__ import annotations

import pytest

from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier import InscribeOutcome
from raas.usecases.writes.results import Applied, BatchAnswer, Rejected, fitting

ANN, BOB = Niss(85673003360), Niss(17670303353)


def applied(niss: Niss, lines: int, gone: int = 0) -> Applied:
    many = tuple(Period(day, day + 1) for day in range(1, 2 * lines, 2))
    return Applied(niss, None, "A", None, InscribeOutcome.ADDED, many, many[:gone], 1, 1)


def test_a_small_answer_holds_the_lines_in_every_result() -> None:
    results = (applied(ANN, 1_000), applied(ANN, 1_000), Rejected((Violation("niss", Reason.REQUIRED),)))
    assert fitting(results, 7) == BatchAnswer(results, 7)


def test_a_large_answer_holds_the_lines_in_the_last_result_of_each_dossier() -> None:
    rejected = Rejected((Violation("niss", Reason.REQUIRED),))
    results = [applied(ANN, 1_000)] * 150 + [applied(BOB, 5), rejected, applied(ANN, 999), rejected]
    answer = fitting(results, 7)
    assert answer.last_dossiers_only
    assert answer.revision == 7
    assert [r.whole if isinstance(r, Applied) else None for r in answer.results] == [
        *[False] * 150,
        True,
        None,
        True,
        None,
    ]
    assert [(r.lines, r.gone) for r in answer.results if isinstance(r, Applied)] == [
        (r.lines, r.gone) for r in results if isinstance(r, Applied)
    ]


def test_an_answer_that_is_too_large_even_so_is_refused() -> None:
    with pytest.raises(Refused) as raised:
        fitting([applied(Niss(number), 1_000) for number in range(200)], 7)
    assert raised.value.violations == (Violation("operations", Reason.BATCH_TOO_LARGE, "ANSWER_TOO_LARGE"),)
