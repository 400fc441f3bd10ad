"""A register for the tests of those who call one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

from raas.domain.errors import Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber, parse_enterprise_number
from raas.domain.numbers.niss import Niss, NissProfile
from raas.domain.persons import identity as domain
from raas.domain.registers.mutation import Stamp
from raas.memory.identities import differing_fields
from raas.memory.state import RegisterState
from raas.rpc.wire.identities import read_identity
from raas.usecases.persons.transaction import PersonTransaction
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.identity_pb2 import Identity
from raas_client.client import RaasClient
from raas_client.days import Day, day_of
from raas_client.testing.serving import Backstage, Serving

T = TypeVar("T")

ENTERPRISE_NUMBER = "0999999922"


class FakeRegister:
    """A register on a real gRPC server, in this process and in memory: a context manager.

    It answers what RaaS answers, by the same rules: dossier types, Inscribe, Remove, ApplyBatch, Import,
    Consult, Export, GetHistory, CheckInscriptions, FindRegisters, ListStaleNiss, and the stream with all its
    starts. It listens on a free port of the loopback address and runs on a thread of its own, so tests may
    be asynchronous or not. Its NISS are those of fictitious persons (month + 60), and others.

    The authentic source behind it knows every number and nobody's identity, until it is told otherwise:
    `does_not_know`, `identify`, `replace_niss`, `cancel_niss`. It answers no call of PersonService.
    """

    def __init__(self, *dossier_types: str, enterprise_number: str = ENTERPRISE_NUMBER) -> None:
        self.enterprise_number = enterprise_number
        self.target = ""
        self._dossier_types = dossier_types
        self._number: EnterpriseNumber = parse_enterprise_number(enterprise_number)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-register", daemon=True)
        self._stack = AsyncExitStack()
        self._backstage = Backstage(NissProfile.TEST)
        self._serving: Serving | None = None

    def __enter__(self) -> Self:
        """Serve an empty register with its dossier types."""
        self._thread.start()
        try:
            self._run(self._open("127.0.0.1:0"))
            self._run(self._backstage.registers.create(self._number, "A fake register"))
            with self.client().blocking() as caller:
                for code in self._dossier_types:
                    caller.run(caller.client.create_dossier_type(DossierType(code=code)))
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
        self._call(lambda: self._backstage.world.unknown.update(Niss(int(niss)) for niss in nisses))

    def identify(self, niss: str, identity: Identity, effective_date: Day | None = None) -> None:
        """Let the source know who a person is: claims are compared with it, and notices come from it.

        Called again with something else it is a change of identity, which the stream tells
        (IDENTITY_CHANGED) as the dossier types of the person ask. Raises ValueError for what cannot be.
        """
        now = _identity_of(identity)
        day = None if effective_date is None else day_of(effective_date).toordinal()
        world = self._backstage.world

        async def change(transaction: PersonTransaction, stamp: Stamp) -> None:
            final = world.final(Niss(int(niss)))
            before = world.identities.get(final)
            world.identities[final] = now
            if before is not None and (differing := differing_fields(before, now)):
                await transaction.apply_identity_change(final, before, now, differing, day, stamp)

        self._run(self._alter(change))

    def replace_niss(self, niss: str, successor: str) -> None:
        """Put one number in the place of another: dossiers move, and the stream says so."""
        self._run(self._alter(lambda each, stamp: each.replace(Niss(int(niss)), Niss(int(successor)), stamp)))

    def restore_niss(self, niss: str) -> None:
        """Undo the replacement or the cancellation of a number."""
        self._run(self._alter(lambda each, stamp: each.restore(Niss(int(niss)), stamp)))

    def cancel_niss(self, niss: str) -> None:
        """Withdraw a number without a successor."""
        self._run(self._alter(lambda each, stamp: each.cancel(Niss(int(niss)), stamp)))

    # ---- what can happen to a log and to a server -----------------------------------------------

    def trim(self, before_revision: int) -> None:
        """Give up the mutations before a revision: readers that are behind get RevisionExpired."""

        def give_up() -> None:
            self._state.oldest_revision = before_revision

        self._call(give_up)

    def renew_log(self) -> None:
        """Give the log another id, as after the restore of a backup: readers get LogReplaced."""

        def renew() -> None:
            self._state.log_id = uuid4()

        self._call(renew)

    def interrupt(self) -> None:
        """Break every connection and every stream; the server is back at once, with all it holds."""
        with self.outage():
            pass

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Answer nothing while the block lasts; then serve again on the same port, with all it holds."""
        self._run(self._stack.aclose())
        try:
            yield
        finally:
            self._run(self._open(self.target))

    # ---- inside ---------------------------------------------------------------------------------

    @property
    def _state(self) -> RegisterState:
        state = self._backstage.world.found(self._number)
        if state is None:
            raise RuntimeError("the fake register does not serve")
        return state

    async def _open(self, listen: str) -> None:
        self._serving = await self._stack.enter_async_context(self._backstage.serving(listen))
        self.target = f"127.0.0.1:{self._serving.raas_server.port}"

    async def _alter(self, change: Callable[[PersonTransaction, Stamp], Coroutine[Any, Any, object]]) -> None:
        if self._serving is None:
            raise RuntimeError("the fake register does not serve")
        async with self._serving.transactions.begin() as transaction:
            await change(transaction, Stamp(self._number, uuid4()))
            await transaction.commit()

    def _call(self, change: Callable[[], object]) -> None:
        async def in_the_loop() -> None:
            change()

        self._run(in_the_loop())

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _end(self) -> None:
        self._run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _identity_of(message: Identity) -> domain.Identity:
    """The identity that a test gives. Raises ValueError where the source could not hold it."""
    faults: list[Violation] = []
    identity = read_identity(message, datetime.now(UTC).date().toordinal(), faults)
    if faults:
        raise ValueError("; ".join(f"{each.field}: {each.reason.name}" for each in faults))
    return identity
