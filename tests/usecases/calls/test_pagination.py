"""Page sizes and page tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from string import ascii_lowercase, ascii_uppercase, digits

import pytest

from raas.domain.callers.credential import Credential, CredentialKind
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.ops.page_seal import VALID_SECONDS, FernetPageSeal
from raas.usecases.calls.pagination import page_size_of
from raas.usecases.ports.read_store import DossierFilter
from tests.usecases.feed.reading import CALL, OTHER_CALLER, new_pages, said

WHICH = DossierFilter((Niss(85673003360),), ("A",), active_on=738_000)
CONTENT = {"revision": 7, "after": [85673003360, "A"]}


@pytest.mark.parametrize(
    ("asked", "given"), [(0, 100), (1, 1), (999, 999), (1_000, 1_000), (1_001, 1_000), (2**31 - 1, 1_000)]
)
def test_page_size_is_limited(asked: int, given: int) -> None:
    assert page_size_of(asked) == given


def test_negative_page_size_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        page_size_of(-1)
    assert said(refused.value) == [("page_size", Reason.VALUE_INVALID)]


def test_empty_token_asks_for_the_first_page() -> None:
    assert new_pages().open("", CALL, 1, WHICH) is None


def test_token_serves_another_process_with_the_same_key() -> None:
    token = new_pages().seal(CALL, 1, WHICH, CONTENT)
    content = new_pages().open(token, CALL, 1, WHICH)
    assert content is not None
    assert {name: content[name] for name in CONTENT} == CONTENT


def test_token_shows_nothing_of_its_content() -> None:
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
        lambda token: new_pages().open(token + "\n", CALL, 1, WHICH),
        lambda token: new_pages().open(token[:40] + "!" + token[40:], CALL, 1, WHICH),
        lambda _: new_pages().open("x", CALL, 1, WHICH),
        lambda _: new_pages().open("é\udc80 \0", CALL, 1, WHICH),
    ],
)
def test_token_for_another_use_is_refused(open_it: Callable[[str], object]) -> None:
    token = new_pages().seal(CALL, 1, WHICH, CONTENT)
    with pytest.raises(Refused) as refused:
        open_it(token)
    assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]


@pytest.mark.parametrize("form", [0, 1, 3, "2"])
def test_token_in_an_unknown_form_is_refused(form: object) -> None:
    key = bytes(32)
    content = FernetPageSeal(key).open(new_pages(key).seal(CALL, 1, WHICH, CONTENT))
    token = FernetPageSeal(key).seal({**content, "form": form})
    with pytest.raises(Refused) as refused:
        new_pages(key).open(token, CALL, 1, WHICH)
    assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]


def test_token_written_in_another_base64_is_refused() -> None:
    tokens = (new_pages().seal(CALL, 1, WHICH, {"fill": "x" * 16 * blocks}) for blocks in range(3))
    token = next(each for each in tokens if each.endswith("="))
    body, letters = token.rstrip("="), ascii_uppercase + ascii_lowercase + digits + "-_"
    with_spare_bit = body[:-1] + letters[letters.index(body[-1]) + 1] + token[len(body) :]
    for same_bytes in (body, token + "=", with_spare_bit):
        with pytest.raises(Refused) as refused:
            new_pages().open(same_bytes, CALL, 1, WHICH)
        assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]


def test_token_is_accepted_for_a_day() -> None:
    now = 1_800_000_000.0
    seal = FernetPageSeal(bytes(32), clock=lambda: now)
    token = seal.seal({"a": 1})
    now += VALID_SECONDS - 1
    assert seal.open(token) == {"a": 1}
    now += 2
    with pytest.raises(Refused) as refused:
        seal.open(token)
    assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]


def test_token_belongs_to_the_application_and_to_the_organisation_of_a_gateway() -> None:
    caller = CALL.caller
    of_application = replace(caller, credential=_credential("urn:one"))
    callers = [
        caller,
        of_application,
        replace(caller, credential=_credential("urn:two")),
        replace(of_application, on_behalf_of=EnterpriseNumber(999999922)),
    ]
    tokens = [new_pages().seal(replace(CALL, caller=each), 1, WHICH, CONTENT) for each in callers]
    for token, owner in zip(tokens, callers, strict=True):
        for each in callers:
            if each is owner:
                assert new_pages().open(token, replace(CALL, caller=each), 1, WHICH) is not None
            else:
                with pytest.raises(Refused):
                    new_pages().open(token, replace(CALL, caller=each), 1, WHICH)


def _credential(application: str) -> Credential:
    return Credential(CredentialKind.CERTIFICATE, CALL.caller.enterprise_number, application, "f", 0.0)
