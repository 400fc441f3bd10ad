"""The client: one object with a method for every call of RaaS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from raas_client.blocking import Blocking
from raas_client.calls.administration import Administration
from raas_client.calls.channel import Connection
from raas_client.calls.invoke import Caller, Calls
from raas_client.calls.persons import Persons
from raas_client.calls.register_reads import RegisterReads
from raas_client.calls.register_writes import RegisterWrites
from raas_client.mirror.memory_store import MemoryMirrorStore
from raas_client.mirror.mirror import Mirror
from raas_client.mirror.sqlite_store import SqliteMirrorStore
from raas_client.mirror.store import MirrorStore
from raas_client.options import Keepalive, Patience, Retries, Tls
from raas_client.stream.feed import Feed
from raas_client.stream.starts import Start
from raas_client.stream.subscription import Subscription

_KEEPALIVE = Keepalive()
_PATIENCE = Patience()
_RETRIES = Retries()
_SQLITE_IN_MEMORY = ":memory:"


class RaasClient(RegisterReads, RegisterWrites, Feed, Persons, Administration):
    """A client of RaaS; `async with` closes it. Nothing is sent before the first call.

    `target` is `host:port`, or `unix:path`; without `tls` it must be on this machine. `enterprise_number`
    identifies the caller to a server with development identity; other servers take the client certificate.
    `register` is the enterprise number of the register acted on; None = the caller's own. `language` is that
    of sentences for people (en, fr, nl, de). `legal_context` (at most 64 characters) and `ticket` (at most
    36) are kept with every mutation; both are printable ASCII.

    The client belongs to the event loop of its first call, and carries any number of concurrent calls. Every
    method raises `Refused` (one class per reason) or `CallFailed`, after the calls that are safe to repeat
    were repeated within their deadline (`patience`). Raises TypeError or ValueError for options that cannot
    be used.
    """

    def __init__(
        self,
        target: str,
        *,
        enterprise_number: str | None = None,
        register: str | None = None,
        tls: Tls | None = None,
        language: str = "en",
        legal_context: str | None = None,
        ticket: str | None = None,
        patience: Patience = _PATIENCE,
        retries: Retries = _RETRIES,
        keepalive: Keepalive = _KEEPALIVE,
    ) -> None:
        caller = Caller(enterprise_number, register, language, legal_context, ticket)
        self._calls = Calls(Connection(target, tls, keepalive), caller, patience, retries)

    def acting(
        self,
        *,
        register: str | None = None,
        legal_context: str | None = None,
        ticket: str | None = None,
        patience: Patience | None = None,
    ) -> Self:
        """The same client for another register, in another context, or with other deadlines.

        The parameters are those of the client; None = unchanged. The connections are shared.
        """
        calls = self._calls
        caller = replace(
            calls.caller,
            register=calls.caller.register if register is None else register,
            legal_context=calls.caller.legal_context if legal_context is None else legal_context,
            ticket=calls.caller.ticket if ticket is None else ticket,
        )
        other = self.__class__.__new__(self.__class__)
        other._calls = replace(calls, caller=caller, patience=patience or calls.patience)
        return other

    def mirror(
        self,
        path: str | Path | None = None,
        *,
        dossier_types: Sequence[str] = (),
        subscriber: str | None = None,
        heartbeat_seconds: int = 15,
    ) -> Mirror:
        """A local copy of the register that keeps itself up to date: an `async with` block.

        It is in memory, or in a file of SQLite at `path`, which continues after a restart. `dossier_types`:
        copy these only. `subscriber` and `heartbeat_seconds` are those of `subscribe`.
        """

        def subscribe(start: Start) -> Subscription:
            return self.subscribe(
                start,
                dossier_types=dossier_types,
                subscriber=subscriber,
                heartbeat_seconds=heartbeat_seconds,
            )

        if path is None or str(path) == _SQLITE_IN_MEMORY:
            store: MirrorStore = MemoryMirrorStore()
        else:
            store = SqliteMirrorStore(path)
        return Mirror(subscribe, store, dossier_types, self._calls.retries)

    def blocking(self) -> Blocking:
        """A context manager that runs this client for code that is not asynchronous."""
        return Blocking(self)

    async def close(self) -> None:
        """Close the connections and end every call."""
        await self._calls.connection.close()

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.close()
