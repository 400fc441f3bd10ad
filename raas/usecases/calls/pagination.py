"""Pages: how many elements one holds, and the token that asks for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raas.domain.errors import Reason, Refused, refuse
from raas.usecases.calls.call import Call
from raas.usecases.calls.token_use import TokenFilter, token_use, token_use_in_form_1
from raas.usecases.ports.page_tokens import PageSeal

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000

_FORM = "form"
_CURRENT_FORM = 2
_USE = "use"
_CONTENT = "content"
_USE_IN_FORM_1 = "for"


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

    A token carries the version of its form (docs/stored-forms.md). Tokens of form 1, made before an upgrade,
    are read; form 2 is written.
    """

    def __init__(self, seal: PageSeal) -> None:
        self._seal = seal

    def open(
        self, page_token: str, call: Call, register_id: int | None, which: TokenFilter
    ) -> Mapping[str, Any] | None:
        """The content sealed into the token; None for "", which asks for the first page.

        Raises Refused PAGE_TOKEN_INVALID for a token that was not made here, for another use, or in a form
        that this version does not know.
        """
        if not page_token:
            return None
        token = self._seal.open(page_token)
        if token.get(_FORM) == _CURRENT_FORM and token[_USE] == token_use(call, register_id, which):
            content: Mapping[str, Any] = token[_CONTENT]
            return content
        if _FORM not in token and token.get(_USE_IN_FORM_1) == token_use_in_form_1(call, register_id, which):
            return token
        raise page_token_invalid()

    def seal(
        self, call: Call, register_id: int | None, which: TokenFilter, content: Mapping[str, Any]
    ) -> str:
        """A token for the next page; `content` is JSON values, which nobody outside can read or alter."""
        use = token_use(call, register_id, which)
        return self._seal.seal({_FORM: _CURRENT_FORM, _USE: use, _CONTENT: content})
