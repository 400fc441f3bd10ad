"""Answers in pages, fetched when they are needed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import Generic, TypeVar

Page = TypeVar("Page")
Item = TypeVar("Item")

LARGEST_PAGE = 1_000
"""The most items in one page of an answer."""


class Pages(Generic[Page, Item]):
    """All items of an answer in pages: `async for item in pages`, or `await pages.all()`.

    `pages.pages()` yields the answers themselves, with fields of the whole page such as `revision` and
    `resolved`. Every loop calls the server again.
    """

    def __init__(
        self, pages: Callable[[], AsyncGenerator[Page, None]], items: Callable[[Page], Iterable[Item]]
    ) -> None:
        self._pages = pages
        self._items = items

    def pages(self) -> AsyncGenerator[Page, None]:
        """The answers of the server, one for each page."""
        return self._pages()

    def __aiter__(self) -> AsyncIterator[Item]:
        return self._all()

    async def all(self) -> list[Item]:
        """All items, in a list."""
        return [item async for item in self]

    async def _all(self) -> AsyncGenerator[Item, None]:
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                for item in self._items(page):
                    yield item
