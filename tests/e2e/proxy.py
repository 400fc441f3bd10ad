"""A TCP proxy that can cut every connection through it, as a network does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

_CHUNK = 64 * 1024


class Proxy:
    """Forwards connections to the server that `choose` names when they are made (`host:port`)."""

    def __init__(self, choose: Callable[[], str]) -> None:
        self.target = ""
        """The port of the proxy."""
        self.cuts = 0
        """The number of connections that were cut."""
        self._choose = choose
        self._writers: set[asyncio.StreamWriter] = set()
        self._forwarding: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether a connection is open."""
        return bool(self._writers)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward a new connection, in a task of its own."""
        task = asyncio.create_task(self._forward(reader, writer))
        self._forwarding.add(task)
        task.add_done_callback(self._forwarding.discard)

    async def close(self) -> None:
        """Cut all connections and wait until they are closed."""
        self.cut()
        if self._forwarding:
            await asyncio.wait(self._forwarding)

    def cut(self) -> None:
        """Reset all connections on both sides."""
        for writer in self._writers:
            writer.transport.abort()
            self.cuts += 1

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection until either side ends it."""
        host, _, port = self._choose().rpartition(":")
        try:
            to_server = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.transport.abort()
            return
        writers = {writer, to_server[1]}
        self._writers |= writers
        pumps = [
            asyncio.create_task(_pump(reader, to_server[1])),
            asyncio.create_task(_pump(to_server[0], writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
            for each in writers:
                each.transport.abort()
            self._writers -= writers


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def running_proxy(choose: Callable[[], str]) -> AsyncIterator[Proxy]:
    """Run a proxy on a free port while the block lasts."""
    proxy = Proxy(choose)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    proxy.target = f"{host}:{port}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
        await server.wait_closed()
