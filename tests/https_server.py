"""A server that answers every request over TLS with the bytes that a test wants, HTTP or not."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from raas.identity.development import Authority


def ok(body: bytes) -> bytes:
    """The HTTP answer with this body."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class HttpsServer(ThreadingTCPServer):
    """`answer` gives the bytes of the next answer, in a thread of its own; `requests` counts them."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer: Callable[[], bytes]) -> None:
        self.answer = answer
        self.requests = 0
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"https://127.0.0.1:{self.server_address[1]}/keys"

    def handle_error(self, *_: object) -> None:
        """Ignore clients that hang up."""


class _Handler(StreamRequestHandler):
    server: HttpsServer

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.server.requests += 1
        self.wfile.write(self.server.answer())


@contextmanager
def https_server(folder: Path, answer: Callable[[], bytes]) -> Iterator[tuple[HttpsServer, Path]]:
    """Such a server, and the file of the authority that issued its certificate."""
    authority = Authority("Authority of the key set")
    issued = authority.server(["127.0.0.1"])
    chain, trusted = folder / "https.pem", folder / "https-ca.pem"
    chain.write_bytes(issued.certificate_pem + issued.key_pem)
    trusted.write_bytes(authority.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with HttpsServer(answer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server, trusted
        finally:
            server.shutdown()
            thread.join()
