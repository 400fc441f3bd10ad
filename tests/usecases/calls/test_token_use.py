"""The use of page tokens: tokens of form 1 still serve, and the bytes of form 2 never change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.token_use import HistoryFilter, RightsFilter, TokenFilter, token_use
from raas.usecases.ports.log import LogFilter
from raas.usecases.ports.read_store import DossierFilter
from tests.usecases.feed.reading import CALL, OTHER_CALLER, new_pages, said

FORM_1 = json.loads(Path(__file__).with_name("tokens_of_form_1.json").read_text())
"""Tokens made by the version that still hashed the `repr` of a filter (commit d6f92f6), by their filter."""

KEY_OF_FORM_1 = b"the key of the recorded tokens.."
RECORDED = datetime(2026, 11, 29, 22, 15, tzinfo=UTC)
"""Less than a day after they were made: so long are tokens accepted."""
REGISTER_ID = 7

A, B = Niss(85673003360), Niss(85673003459)

FILTERS: dict[str, TokenFilter] = {
    "registers": None,
    "dossier_types": None,
    "subscribers": None,
    "history": HistoryFilter(A, None),
    "history_of_a_type": HistoryFilter(A, "A"),
    "dossiers": DossierFilter(),
    "dossiers_of_numbers_on_a_day": DossierFilter((A, B), ("A",), active_on=738_000),
    "dossiers_of_a_number_that_overlap": DossierFilter((A,), ("A", "B-2"), overlaps=Period(1, 738_001)),
    "dossiers_that_end_between": DossierFilter(ends_between=Period(738_000, 3_652_060)),
    "mandates": RightsFilter(EnterpriseNumber(999999922), None, None, None),
    "snapshot": LogFilter(),
    "snapshot_of_types_and_kinds": LogFilter(("A", "B-2"), (1, 2), (11, 12)),
}


@pytest.mark.parametrize("name", FORM_1)
def test_token_of_form_1_serves_the_filter_it_was_made_for(name: str) -> None:
    recorded, register_id = FORM_1[name], None if name == "registers" else REGISTER_ID
    call, pages = replace(CALL, rpc=recorded["rpc"]), new_pages(KEY_OF_FORM_1, RECORDED.timestamp)
    content = pages.open(recorded["token"], call, register_id, FILTERS[name])
    assert content is not None
    assert {field: content[field] for field in recorded["content"]} == recorded["content"]


@pytest.mark.parametrize("name", FORM_1)
def test_token_of_form_1_is_refused_for_another_use(name: str) -> None:
    recorded, register_id = FORM_1[name], None if name == "registers" else REGISTER_ID
    call, pages = replace(CALL, rpc=recorded["rpc"]), new_pages(KEY_OF_FORM_1, RECORDED.timestamp)
    others = [which for which in FILTERS.values() if which != FILTERS[name]]
    uses = [
        *[(call, register_id, which) for which in others],
        (replace(OTHER_CALLER, rpc=call.rpc), register_id, FILTERS[name]),
        (replace(call, rpc="/raas.v1.RegisterService/Export"), register_id, FILTERS[name]),
        (call, REGISTER_ID + 1, FILTERS[name]),
    ]
    for use in uses:
        with pytest.raises(Refused) as refused:
            pages.open(recorded["token"], *use)
        assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]


@pytest.mark.parametrize(
    ("which", "fields"),
    [
        (None, ""),
        (DossierFilter(), '"filter":{"of":"dossiers"},'),
        (
            DossierFilter((A, B), ("A", "B-2"), overlaps=Period(1, 738_001)),
            '"filter":{"dossier_types":["A","B-2"],"nisses":[85673003360,85673003459],"of":"dossiers",'
            '"overlaps":{"begin":"0001-01-01","end":"2021-07-29"}},',
        ),
        (DossierFilter(active_on=738_000), '"filter":{"active_on":"2021-07-29","of":"dossiers"},'),
        (
            DossierFilter(ends_between=Period(738_000, 3_652_060)),
            '"filter":{"ends_between":{"begin":"2021-07-29"},"of":"dossiers"},',
        ),
        (LogFilter(), '"filter":{"of":"mutations"},'),
        (
            LogFilter(("A",), (1, 2), (11,), (A,)),
            '"filter":{"dossier_types":["A"],"kinds":[1,2],"nisses":[85673003360],"of":"mutations"},',
        ),
        (RightsFilter(None, None, None, None), '"filter":{"of":"rights"},'),
        (
            RightsFilter(EnterpriseNumber(999999922), EnterpriseNumber(206731645), 2, 738_000),
            '"filter":{"active_on":"2021-07-29","of":"rights","organisation":206731645,'
            '"register":999999922,"role":2},',
        ),
        (HistoryFilter(A, None), '"filter":{"niss":85673003360,"of":"history"},'),
        (HistoryFilter(A, "A"), '"filter":{"dossier_type":"A","niss":85673003360,"of":"history"},'),
    ],
)
def test_use_in_form_2_is_the_hash_of_the_documented_json(which: TokenFilter, fields: str) -> None:
    text = f'{{"caller":999999922,{fields}"register":7,"rpc":"/raas.v1.RegisterService/Consult"}}'
    assert token_use(CALL, REGISTER_ID, which) == sha256(text.encode()).hexdigest()


def test_use_in_form_2_leaves_an_absent_register_out() -> None:
    text = '{"caller":999999922,"rpc":"/raas.v1.RegisterService/Consult"}'
    assert token_use(CALL, None, None) == sha256(text.encode()).hexdigest()
