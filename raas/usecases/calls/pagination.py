"""Pages: how many elements, and the token that asks for the next ones."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from raas.domain.errors import Reason, Refused, refuse
from raas.usecases.calls.call import Call
from raas.usecases.ports.page_tokens import PageSeal

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000

_USE = "for"


def page_size_of(asked: int) -> int:
    """The number of elements of a page: 100 when 0 is asked, 1,000 when more. Negative: VALUE_INVALID."""
    if asked < 0:
        raise refuse(Reason.VALUE_INVALID, "page_size", "PAGE_SIZE_NEGATIVE")
    return min(asked or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def page_token_invalid() -> Refused:
    """The refusal of a token that does not belong to this request."""
    return refuse(Reason.PAGE_TOKEN_INVALID, "page_token")


class Pages:
    """Page tokens that serve one use only: this RPC, this caller, this register, this filter.

    A filter is any value whose `repr` says all of it, the same in every process: texts, numbers, and
    tuples and frozen dataclasses of them.
    """

    def __init__(self, seal: PageSeal) -> None:
        self._seal = seal

    def open(
        self, page_token: str, call: Call, register_id: int | None, which: object
    ) -> Mapping[str, Any] | None:
        """What was sealed into the token; None for "", which asks for the first page.

        Raises Refused PAGE_TOKEN_INVALID for a token that was not made here, or for another use.
        """
        if not page_token:
            return None
        content = self._seal.open(page_token)
        if content.get(_USE) != _use(call, register_id, which):
            raise page_token_invalid()
        return content

    def seal(self, call: Call, register_id: int | None, which: object, content: Mapping[str, Any]) -> str:
        """A token for the next page; `content` is JSON values, of which nothing can be read outside."""
        return self._seal.seal({_USE: _use(call, register_id, which), **content})


def _use(call: Call, register_id: int | None, which: object) -> str:
    use = f"{call.rpc}\n{call.caller.enterprise_number}\n{register_id}\n{which!r}"
    return sha256(use.encode()).hexdigest()
