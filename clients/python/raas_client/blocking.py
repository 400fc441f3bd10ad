"""The same client for code that is not asynchronous."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import AbstractAsyncContextManager, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from raas_client.errors import ClientClosed
from raas_client.loops import new_loop

if TYPE_CHECKING:
    from raas_client.client import RaasClient

T = TypeVar("T")

_END: Any = object()


class Blocking:
    """Runs a client on an event loop in a thread of its own, while the `with` block lasts.

    There is no second set of methods: `run` waits for the answer of a method, `iterate` replaces `async for`
    and `within` replaces `async with`. All may be called from several threads. The client belongs to this
    loop from now on.

    Leaving the block ends the loops over `iterate` in other threads, as if their streams had ended, leaves
    the blocks of `within`, and raises ClientClosed in other threads that wait in `run`.
    """

    def __init__(self, client: RaasClient) -> None:
        self.client = client
        self._loop = new_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="raas-client", daemon=True)
        self._lock = threading.RLock()
        self._closed = False
        self._waiting: set[Future[Any]] = set()
        self._entered: list[AbstractAsyncContextManager[Any]] = []

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client and end the thread."""
        with self._lock:
            self._closed = True
            waiting = list(self._waiting)
        for future in waiting:
            future.cancel()
        try:
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def run(self, awaitable: Awaitable[T]) -> T:
        """Wait for the answer of a call. An interrupt (Ctrl-C) ends the call.

        Raises what the call raises; ClientClosed when another thread leaves the block meanwhile.
        """
        future = self._submit(awaitable)
        try:
            return future.result()
        except CancelledError:
            if self._closed:
                raise ClientClosed from None
            raise
        except BaseException:
            future.cancel()
            raise
        finally:
            self._waiting.discard(future)

    def iterate(self, stream: AsyncIterable[T]) -> BlockingStream[T]:
        """The elements of a stream; each is fetched when it is asked for, none ahead."""
        return BlockingStream(self, stream)

    @contextmanager
    def within(self, block: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """An `async with` block as a `with` block: a mirror, for instance.

        It is left with the block of the client at the latest.
        """
        entered = self.run(block.__aenter__())
        self._entered.append(block)
        try:
            yield entered
        except BaseException as error:
            if not self._exit(block, type(error), error, error.__traceback__):
                raise
        else:
            self._exit(block, None, None, None)

    @property
    def closed(self) -> bool:
        """Whether the block was left."""
        return self._closed

    def _exit(self, block: AbstractAsyncContextManager[Any], *reason: Any) -> bool | None:
        with self._lock:
            if self._closed:
                return None
            self._entered.remove(block)
        return self.run(block.__aexit__(*reason))

    def _submit(self, awaitable: Awaitable[T]) -> Future[T]:
        with self._lock:
            if self._closed:
                if (close := getattr(awaitable, "close", None)) is not None:
                    close()
                raise ClientClosed
            future = asyncio.run_coroutine_threadsafe(_coroutine(awaitable), self._loop)
            self._waiting.add(future)
        return future

    def _begin(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Close a stream without waiting: the thread of the loop itself may be the one that asks for it."""

        async def closing() -> None:
            # A stream that is still being read ends with its reader.
            with contextlib.suppress(RuntimeError):
                await close()

        with self._lock:
            if not self._closed:
                future = asyncio.run_coroutine_threadsafe(closing(), self._loop)
                self._waiting.add(future)
                future.add_done_callback(self._waiting.discard)

    async def _close(self) -> None:
        for block in reversed(self._entered):
            await block.__aexit__(None, None, None)
        await self.client.close()
        # The calls that were cancelled end before their loop does.
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_asyncgens()


class BlockingStream(Iterator[T], Generic[T]):
    """The elements of a stream, for a `for` loop: `for event in caller.iterate(client.subscribe())`.

    The loop ends when the stream ends, when `close` is called, from any thread, and when the block of
    `blocking()` is left, from any thread. A `break` closes the stream.
    """

    def __init__(self, blocking: Blocking, stream: AsyncIterable[T]) -> None:
        self._blocking = blocking
        self._iterator = aiter(stream)
        self._closed = False
        self._next: Future[Any] | None = None

    def __next__(self) -> T:
        """The next element. Raises StopIteration at the end, and what the stream raises."""
        if self._closed or self._blocking.closed:
            raise StopIteration
        blocking = self._blocking
        try:
            future = self._next = blocking._submit(anext(self._iterator, _END))
        except ClientClosed:
            raise StopIteration from None
        try:
            # `close` in another thread may have come between the first look and the call.
            if self._closed:
                future.cancel()
            element = future.result()
        except CancelledError:
            if self._closed or blocking.closed:
                raise StopIteration from None
            raise
        except BaseException:
            future.cancel()
            raise
        finally:
            self._next = None
            blocking._waiting.discard(future)
        if element is _END:
            self._closed = True
            raise StopIteration
        result: T = element
        return result

    def close(self) -> None:
        """End the stream, and the loop over it; may be called again, and from any thread."""
        self._closed = True
        if (waiting := self._next) is not None:
            waiting.cancel()
        self._end_stream()

    def __del__(self) -> None:
        """End the stream of a loop that was left by `break`."""
        if not self._closed:
            self._end_stream()

    def _end_stream(self) -> None:
        close = getattr(self._iterator, "aclose", None)
        if close is not None:
            self._blocking._begin(close)


async def _coroutine(awaitable: Awaitable[T]) -> T:
    return await awaitable
