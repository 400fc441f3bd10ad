"""A register in memory, for tests of programs that call RaaS."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from raas.memory_server import MemoryServer
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.identity_pb2 import Identity
from raas_client.client import RaasClient
from raas_client.days import Day, day_of
from raas_client.loops import new_loop

T = TypeVar("T")

ENTERPRISE_NUMBER = "0999999922"
_NO_OUTPUT = logging.NullHandler()


class FakeRegister:
    """A register on a real gRPC server, in this process and in memory: a context manager.

    It answers every RPC but those of PersonService, by the rules of RaaS. It listens on a free port of the
    loopback address and runs on a thread of its own, so tests may be asynchronous or not. It accepts every
    well-formed NISS, also the numbers of fictitious persons (month + 60).

    Its authentic source knows every number and no identity, until it is told otherwise: `does_not_know`,
    `identify`, `replace_niss`, `cancel_niss`.
    """

    def __init__(self, *dossier_types: str, enterprise_number: str = ENTERPRISE_NUMBER) -> None:
        if not isinstance(enterprise_number, str):
            raise TypeError(f"enterprise_number is a text, such as {ENTERPRISE_NUMBER!r}")
        self.enterprise_number = enterprise_number
        self.target = ""
        self._dossier_types = dossier_types
        self._loop = new_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-register", daemon=True)
        self._stack = AsyncExitStack()
        self._server = MemoryServer()
        # The server logs to `logging`: without a handler of the tests, to nowhere.
        logging.getLogger("raas").addHandler(_NO_OUTPUT)

    def __enter__(self) -> Self:
        """Serve an empty register with its dossier types."""
        self._thread.start()
        try:
            self._run(self._open("127.0.0.1:0"))
            self._run(self._server.create_register(self.enterprise_number, "A fake register"))
            with self.client().blocking() as caller:
                for code in self._dossier_types:
                    caller.run(caller.client.create_dossier_type(DossierType(code=code)))
                # Changes of identity show their contents, as to a register that is authorised.
                caller.run(
                    caller.client.grant_authorisation(
                        "PERSON_IDENTITY", self.enterprise_number, "A fake register", valid_from="1900-01-01"
                    )
                )
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._end()

    def client(self, **options: Any) -> RaasClient:
        """A client of its owner; `options` are those of RaasClient."""
        return RaasClient(self.target, **{"enterprise_number": self.enterprise_number, **options})

    # ---- the authentic source -------------------------------------------------------------------

    def does_not_know(self, *nisses: str) -> None:
        """Let the authentic source know nothing of these numbers."""
        self._run(self._server.forget(*nisses))

    def identify(self, niss: str, identity: Identity, effective_date: Day | None = None) -> None:
        """Set the identity of a person: claims are compared with it, and notices come from it.

        Setting another one later is a change of identity, which the stream sends (IDENTITY_CHANGED) as
        `identity_changes` of the dossier types says. Raises ValueError for an invalid identity.
        """
        day = None if effective_date is None else day_of(effective_date).toordinal()
        self._run(self._server.identify(niss, identity, day))

    def replace_niss(self, niss: str, successor: str) -> None:
        """Replace a number by another: its dossiers move, and the stream sends the mutations."""
        self._run(self._server.replace_niss(niss, successor))

    def restore_niss(self, niss: str) -> None:
        """Undo the replacement or the cancellation of a number."""
        self._run(self._server.restore_niss(niss))

    def cancel_niss(self, niss: str) -> None:
        """Cancel a number without a successor."""
        self._run(self._server.cancel_niss(niss))

    # ---- the log and the server -----------------------------------------------------------------

    def trim(self, before_revision: int) -> None:
        """Trim the mutations before a revision: readers that need them get RevisionExpired."""
        self._run(self._server.trim(self.enterprise_number, before_revision))

    def renew_log(self) -> None:
        """Give the log another id, as after a restore from a backup: readers get LogReplaced."""
        self._run(self._server.renew_log(self.enterprise_number))

    def interrupt(self) -> None:
        """Break every connection and every stream; the server is back at once, with all its data."""
        with self.outage():
            pass

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Stop the server while the block lasts; then serve again on the same port, with all its data."""
        self._run(self._stack.aclose())
        try:
            yield
        finally:
            self._run(self._open(self.target))

    # ---- inside ---------------------------------------------------------------------------------

    async def _open(self, listen: str) -> None:
        port = await self._stack.enter_async_context(self._server.serving(listen))
        self.target = f"127.0.0.1:{port}"

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if not self._thread.is_alive():
            coroutine.close()
            raise RuntimeError("the fake register does not serve")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _end(self) -> None:
        self._run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
