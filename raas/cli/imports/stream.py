"""One import over as many connections as it takes: messages sent ahead, answers in order, nothing lost."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from queue import SimpleQueue

import grpc

from raas.cli.imports.rows import Message
from raas.cli.server.connection import Connection
from raas.cli.server.refusal import Refusal, refusal_of
from raas.v1.register_service_pb2 import ImportRequest, ImportResponse
from raas.v1.register_service_pb2_grpc import RegisterServiceStub

_IN_FLIGHT = 4
"""Messages sent and not answered: enough to keep the server at work, and all that is held in memory."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 3.0

_ENDED = Refusal("OK", "UNANSWERED", ("the server ended the import before it was complete",), None, False)


class ImportFailed(Exception):
    """The import cannot go on now; everything answered so far stands."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


class ImportStream:
    """Calls Import, and calls it again when the server goes away.

    Gives up after `patience` seconds without an answer; `say` is told when an outage begins.
    """

    def __init__(
        self,
        connection: Connection,
        register: str | None,
        import_id: str,
        patience: float,
        say: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._naming = ImportRequest(register=register, import_id=import_id)
        self._patience = patience
        self._say = say
        self._calm()

    def ask(self) -> ImportResponse:
        """Where the server would go on (0 for an import it has never heard of), and the current revision."""
        asking = Message(ImportRequest(), [], {})
        return next(answer for _, answer in self.answers(iter([asking])))

    def answers(self, messages: Iterator[Message]) -> Iterator[tuple[Message, ImportResponse]]:
        """Every message with its answer, in order.

        What was sent and not answered is sent again over the next connection: the server, which knows the
        import by its id, applies nothing twice. Raises ImportFailed, and what reading `messages` raises.
        """
        self._calm()
        unanswered: deque[Message] = deque()
        while True:
            try:
                with self._connection.channel() as channel:
                    yield from self._connected(RegisterServiceStub(channel), messages, unanswered)
                return
            except grpc.RpcError as error:
                self._pause(refusal_of(error))

    def _connected(
        self, server: RegisterServiceStub, messages: Iterator[Message], unanswered: deque[Message]
    ) -> Iterator[tuple[Message, ImportResponse]]:
        outgoing: SimpleQueue[ImportRequest | None] = SimpleQueue()
        # gRPC takes the requests in a thread of its own; the queue is all it shares with this one.
        call = server.Import(iter(outgoing.get, None), metadata=self._connection.metadata)
        try:
            for again in unanswered:
                outgoing.put(again.request)
            more = True
            while more or unanswered:
                while more and len(unanswered) < _IN_FLIGHT:
                    if message := next(messages, None):
                        message.request.MergeFrom(self._naming)
                        unanswered.append(message)
                    else:
                        more = False
                    outgoing.put(message.request if message else None)
                if unanswered:
                    answer = next(call, None)
                    if answer is None:
                        raise ImportFailed(_ENDED)
                    self._calm()
                    yield unanswered.popleft(), answer
            for _ in call:  # nothing more comes, but the status does
                pass
        finally:
            outgoing.put(None)
            call.cancel()

    def _calm(self) -> None:
        self._since = time.monotonic()
        self._next_pause = _FIRST_PAUSE

    def _pause(self, refusal: Refusal) -> None:
        if not refusal.passing or time.monotonic() - self._since > self._patience:
            raise ImportFailed(refusal)
        if self._next_pause == _FIRST_PAUSE:
            self._say(f"{self._connection.target} does not answer ({refusal.text}); trying again")
        time.sleep(self._next_pause)
        self._next_pause = min(self._next_pause * 2, _LONGEST_PAUSE)
