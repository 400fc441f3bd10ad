"""Answers in pages, read one after the other as they are needed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import Generic, TypeVar

Page = TypeVar("Page")
Item = TypeVar("Item")


class Pages(Generic[Page, Item]):
    """`async for item in pages` goes through everything; `pages.pages()` through the answers themselves.

    The answers hold what belongs to a whole page, such as `revision` and `resolved`. Each loop asks anew.
    """

    def __init__(
        self, pages: Callable[[], AsyncGenerator[Page, None]], items: Callable[[Page], Iterable[Item]]
    ) -> None:
        self._pages = pages
        self._items = items

    def pages(self) -> AsyncGenerator[Page, None]:
        """The answers of the server, one a page."""
        return self._pages()

    def __aiter__(self) -> AsyncIterator[Item]:
        return self._all()

    async def all(self) -> list[Item]:
        """Everything, in memory."""
        return [item async for item in self]

    async def _all(self) -> AsyncGenerator[Item, None]:
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                for item in self._items(page):
                    yield item
