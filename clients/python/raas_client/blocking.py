"""The same client for code that is not asynchronous."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable, Awaitable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from raas_client.client import RaasClient

T = TypeVar("T")


class Blocking:
    """Drives a client on an event loop in a thread of its own, while the `with` block lasts.

    There is no second set of methods: `run` waits for what any method of the client answers, `iterate` goes
    through what would be gone through by `async for`, and `within` enters what would be entered by
    `async with`. All may be called from several threads. The client belongs to this loop from now on.
    """

    def __init__(self, client: RaasClient) -> None:
        self.client = client
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="raas-client", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client and end the thread."""
        try:
            self.run(self.client.close())
            self.run(self._loop.shutdown_asyncgens())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def run(self, awaitable: Awaitable[T]) -> T:
        """Wait for the answer of a call. Interrupted (Ctrl-C), it ends the call."""
        future = asyncio.run_coroutine_threadsafe(_coroutine(awaitable), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def iterate(self, stream: AsyncIterable[T]) -> Iterator[T]:
        """Go through a stream; each element is fetched when it is asked for, none ahead."""
        iterator = aiter(stream)
        end: Any = object()
        try:
            while (element := self.run(anext(iterator, end))) is not end:
                yield element
        finally:
            # Whoever comes after the end of the block finds that it ended the stream as well.
            if not self._loop.is_closed() and (close := getattr(iterator, "aclose", None)) is not None:
                self.run(close())

    @contextmanager
    def within(self, block: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """What `async with` would be: a mirror, for as long as the `with` block lasts."""
        entered = self.run(block.__aenter__())
        try:
            yield entered
        except BaseException as error:
            if not self.run(block.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self.run(block.__aexit__(None, None, None))


async def _coroutine(awaitable: Awaitable[T]) -> T:
    return await awaitable
