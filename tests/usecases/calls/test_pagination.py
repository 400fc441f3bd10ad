"""Page sizes and page tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.pagination import page_size_of
from raas.usecases.ports.read_store import DossierFilter
from tests.usecases.feed.reading import CALL, OTHER_CALLER, new_pages, said

WHICH = DossierFilter((Niss(85673003360),), ("A",), active_on=738_000)
CONTENT = {"revision": 7, "after": [85673003360, "A"]}


@pytest.mark.parametrize(
    ("asked", "given"), [(0, 100), (1, 1), (999, 999), (1_000, 1_000), (1_001, 1_000), (2**31 - 1, 1_000)]
)
def test_a_page_size_is_made_to_fit(asked: int, given: int) -> None:
    assert page_size_of(asked) == given


def test_a_negative_page_size_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        page_size_of(-1)
    assert said(refused.value) == [("page_size", Reason.VALUE_INVALID)]


def test_the_first_page_has_no_token() -> None:
    assert new_pages().open("", CALL, 1, WHICH) is None


def test_a_token_serves_another_process_with_the_same_key() -> None:
    token = new_pages().seal(CALL, 1, WHICH, CONTENT)
    content = new_pages().open(token, CALL, 1, WHICH)
    assert content is not None
    assert {name: content[name] for name in CONTENT} == CONTENT


def test_nothing_can_be_read_in_a_token() -> None:
    token = new_pages().seal(CALL, 1, WHICH, CONTENT)
    assert "85673003360" not in token
    assert token.isascii()
    assert token != new_pages().seal(CALL, 1, WHICH, CONTENT)


@pytest.mark.parametrize(
    "open_it",
    [
        lambda token: new_pages().open(token, OTHER_CALLER, 1, WHICH),
        lambda token: new_pages().open(token, CALL, 2, WHICH),
        lambda token: new_pages().open(token, CALL, None, WHICH),
        lambda token: new_pages().open(token, CALL, 1, None),
        lambda token: new_pages().open(token, CALL, 1, replace(WHICH, active_on=738_001)),
        lambda token: new_pages().open(token, CALL, 1, replace(WHICH, nisses=())),
        lambda token: new_pages().open(token, replace(CALL, rpc="/raas.v1.RegisterService/Export"), 1, WHICH),
        lambda token: new_pages(b"another key, of thirty-two bytes").open(token, CALL, 1, WHICH),
        lambda token: new_pages().open(token[:-8] + "AAAAAAA=", CALL, 1, WHICH),
        lambda token: new_pages().open(token[: len(token) // 2], CALL, 1, WHICH),
        lambda _: new_pages().open("x", CALL, 1, WHICH),
        lambda _: new_pages().open("é\udc80 \0", CALL, 1, WHICH),
    ],
)
def test_a_token_serves_one_use_only(open_it: Callable[[str], object]) -> None:
    token = new_pages().seal(CALL, 1, WHICH, CONTENT)
    with pytest.raises(Refused) as refused:
        open_it(token)
    assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]
