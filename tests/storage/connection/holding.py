"""A proxy between a coordinator and a worker that holds, or loses, the second phase of a commit."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

_CHUNK = 64 * 1024
_SECOND_PHASE = b"COMMIT PREPARED"


class Holding:
    """Forwards connections to a port of this machine, in threads.

    The second phase of a commit waits while `passing` is cleared; with `loses` its connection is cut.
    """

    def __init__(self, port: int) -> None:
        self.passing = Event()
        self.passing.set()
        self.held = Event()
        """Set when a commit was held or lost."""
        self.loses = False
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """The port of the proxy."""
        port: int = self._listening.getsockname()[1]
        return port

    def close(self) -> None:
        """Let everything pass, and accept no more connections."""
        self.loses = False
        self.passing.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                Thread(target=self._forward, args=(client, server), daemon=True).start()
                Thread(target=self._forward, args=(server, client), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with _closed(source, target), suppress(OSError):
            while data := source.recv(_CHUNK):
                if _SECOND_PHASE in data:
                    if self.loses:
                        self.held.set()
                        return
                    if not self.passing.is_set():
                        self.held.set()
                        self.passing.wait()
                target.sendall(data)


@contextmanager
def _closed(*sockets: socket.socket) -> Iterator[None]:
    """Both directions end together."""
    try:
        yield
    finally:
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for each in sockets:
            each.close()
