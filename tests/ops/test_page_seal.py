"""Keys of page tokens from outside the database, and their rotation."""

from __future__ import annotations

from base64 import b64encode

import pytest

from raas.domain.errors import Refused
from raas.ops.page_seal import FernetPageSeal, parse_page_keys
from raas.usecases.ports.audit.proof import KeyUnusable

OLD, NEW = bytes(32), bytes(range(32))


def lines(*keys: bytes) -> bytes:
    return b"".join(b64encode(key) + b"\n" for key in keys)


def test_tokens_are_opened_while_keys_are_rotated() -> None:
    before, during, after = FernetPageSeal(OLD), FernetPageSeal(OLD, NEW), FernetPageSeal(NEW, OLD)
    for seal in (before, during, after):
        for opens in (during, after):
            assert opens.open(seal.seal({"after": 7})) == {"after": 7}
    with pytest.raises(Refused):
        FernetPageSeal(NEW).open(before.seal({"after": 7}))


def test_keys_are_read_one_a_line() -> None:
    assert parse_page_keys(lines(NEW, OLD)) == [NEW, OLD]
    assert parse_page_keys(b"\n  " + lines(NEW)) == [NEW]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (b"", "1 to 16"),
        (lines(*[OLD] * 17), "1 to 16"),
        (b"secret!", "base64"),
        (b"c2VjcmV0", "32 bytes"),
        (lines(OLD, b"short"), "32 bytes"),
    ],
)
def test_text_that_holds_no_keys_is_refused_and_not_shown(text: bytes, cause: str) -> None:
    with pytest.raises(KeyUnusable, match=cause) as refused:
        parse_page_keys(text)
    assert "c2Vj" not in str(refused.value)
    assert "secret!" not in str(refused.value)
