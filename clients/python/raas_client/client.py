"""The client: one object with a method for every call of RaaS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from raas_client.blocking import Blocking
from raas_client.calls.admin.accountability import Accountability
from raas_client.calls.admin.authorisations import Authorisations
from raas_client.calls.admin.catalogue import Catalogue
from raas_client.calls.admin.registers import Registers
from raas_client.calls.admin.rights import Rights
from raas_client.calls.attempt import Identity
from raas_client.calls.caller import Caller
from raas_client.calls.channel import Connection
from raas_client.calls.invoke import Calls
from raas_client.calls.persons import Persons
from raas_client.calls.register_reads import RegisterReads
from raas_client.calls.register_writes import RegisterWrites
from raas_client.identity.token_sources import Token, token_source
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


class RaasClient(
    RegisterReads,
    RegisterWrites,
    Feed,
    Persons,
    Registers,
    Rights,
    Catalogue,
    Authorisations,
    Accountability,
):
    """A client of RaaS; `async with` closes it. Nothing is sent before the first call.

    `target` is `host:port`, or `unix:path`; without `tls` it must be on this machine. The certificate in
    `tls`, or a `token`, proves who calls. A token is a text, the Path of a file, which is read again when it
    changes, or a function that gives a fresh token: a coroutine function, or another one, which runs in a
    thread; it is called before the first call, shortly before the token expires, and after a refusal.
    `enterprise_number` identifies the caller to a server with development identity.

    `register` is the enterprise number of the register acted on; None = the caller's own. `language` is that
    of sentences for people (en, fr, nl, de). `legal_context` (at most 64 characters) and `ticket` (at most
    36) are kept with every mutation. `on_behalf_of` is the organisation for which a gateway calls, and
    `end_user` an opaque reference (at most 64) of the person behind the caller, for the audit. All are
    printable ASCII.

    A call that is refused because the certificate or the token has expired is made once more with a renewed
    one; subscriptions, mirrors and imports continue with it. Otherwise a note of the exception says what to
    do.

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
        token: Token | None = None,
        language: str = "en",
        legal_context: str | None = None,
        ticket: str | None = None,
        on_behalf_of: str | None = None,
        end_user: str | None = None,
        patience: Patience = _PATIENCE,
        retries: Retries = _RETRIES,
        keepalive: Keepalive = _KEEPALIVE,
    ) -> None:
        caller = Caller(enterprise_number, register, language, legal_context, ticket, on_behalf_of, end_user)
        tokens = None if token is None else token_source(token)
        identity = Identity(Connection(target, tls, keepalive), tokens)
        self._calls = Calls(identity, caller, patience, retries)

    def acting(
        self,
        *,
        register: str | None = None,
        legal_context: str | None = None,
        ticket: str | None = None,
        on_behalf_of: str | None = None,
        end_user: str | None = None,
        patience: Patience | None = None,
    ) -> Self:
        """The same client for another register or organisation, in another context, or with other deadlines.

        The parameters are those of the client; None = unchanged. The connections are shared.
        """
        calls = self._calls
        given = {
            "register": register,
            "legal_context": legal_context,
            "ticket": ticket,
            "on_behalf_of": on_behalf_of,
            "end_user": end_user,
        }
        changed = {name: value for name, value in given.items() if value is not None}
        caller = replace(calls.caller, **changed)
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
        await self._calls.identity.connection.close()

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.close()
