"""Pages of rights: in order of grant time, then id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages, page_size_of
from raas.usecases.calls.token_use import RightsFilter
from raas.usecases.ports.rights import AnyRight, PageStart

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


async def rights_page(
    pages: Pages,
    call: Call,
    which: RightsFilter,
    page_size: int,
    page_token: str,
    read: Callable[[PageStart | None, int], Awaitable[Sequence[AnyRight]]],
) -> tuple[Sequence[AnyRight], str]:
    """One page, and the token of the next one ("" = this is the last).

    `read` answers so many rights after a place. Raises Refused: VALUE_INVALID, PAGE_TOKEN_INVALID.
    """
    size = page_size_of(page_size)
    token = pages.open(page_token, call, None, which)
    start = None
    if token is not None:
        start = PageStart(_EPOCH + token["time"] * _MICROSECOND, UUID(token["id"]))
    rights = await read(start, size + 1)
    shown = rights[:size]
    if len(rights) <= size:
        return shown, ""
    last = shown[-1]
    place = {"time": (last.grant_time - _EPOCH) // _MICROSECOND, "id": str(last.id)}
    return shown, pages.seal(call, None, which, place)
