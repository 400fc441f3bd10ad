"""The sources of tokens: a text, a file that is read again, or a function that gives a fresh one."""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path

from raas_client.errors import CredentialUnavailable
from raas_client.identity.claims import expiry_of
from raas_client.identity.files import Watch

GiveToken = Callable[[], str | Awaitable[str]]
"""Gives a fresh token: a function, which runs in a thread, or a coroutine function."""

Token = str | Path | GiveToken
"""A token, the file that holds it, or a function that gives a fresh one."""

_log = logging.getLogger("raas_client.identity")

_TEXT = re.compile(r"[!-~]+")
_PATH_LIKE = ("/", "./", "../", "~")
_MARGIN = 0.2
_LONGEST_MARGIN_SECONDS = 60.0
_PAUSE_SECONDS = 5.0
"""The pause after a failure of a function, while the token that it gave before is still good."""


class TokenSource(ABC):
    """Gives the token of each call. No token is ever shown: not in texts, not in logs."""

    described: str
    """The source in words."""

    @abstractmethod
    async def token(self) -> str:
        """The token to present now. Raises CredentialUnavailable."""

    @abstractmethod
    async def renewed(self, refused: str) -> bool:
        """Whether there is another token than the refused one, which is asked for at once.

        Raises CredentialUnavailable.
        """


def token_source(token: Token) -> TokenSource:
    """The source that a client was given. Raises TypeError or ValueError, never with the token."""
    if isinstance(token, Path):
        return FileToken(token)
    if isinstance(token, str):
        if token.startswith(_PATH_LIKE):
            raise ValueError("token is a token, not the path of a file: give Path(...) for a file")
        return FixedToken(_checked(token, ValueError))
    if callable(token):
        return CalledToken(token)
    kind = type(token).__name__
    raise TypeError(f"token is a text, a Path, or a function that returns a token, not {kind}")


class FixedToken(TokenSource):
    """One token, which cannot be renewed."""

    described = "the token that the client was given"

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        """The token."""
        return self._token

    async def renewed(self, refused: str) -> bool:
        """Never."""
        return False


class FileToken(TokenSource):
    """The token in a file, which is read again when it changes; the last good one is kept."""

    def __init__(self, path: Path) -> None:
        self.described = f"the token in {path}"
        self._path = path
        self._watch = Watch([path])
        self._token: str | None = None

    async def token(self) -> str:
        """The token in the file, as seen a second ago at most."""
        return self._current(at_once=False)

    async def renewed(self, refused: str) -> bool:
        """Whether the file holds another token now."""
        return self._current(at_once=True) != refused

    def _current(self, *, at_once: bool) -> str:
        if self._watch.changed(at_once=at_once) or self._token is None:
            try:
                self._token = _checked(_content(self._path), _Unusable)
            except (OSError, _Unusable) as error:
                cause = error.strerror if isinstance(error, OSError) else error
                text = f"{self._path}: {cause}"
                if self._token is None:
                    raise CredentialUnavailable(text, may_pass=False) from error
                _log.warning("the last good token is used: %s", text)
        return self._token


class CalledToken(TokenSource):
    """The tokens that a function gives: asked for shortly before the last one expires, once at a time."""

    described = "the token that the function of the client gave"

    def __init__(self, give: GiveToken) -> None:
        self._give = give
        self._token: str | None = None
        self._renew_at = 0.0
        """On the monotonic clock."""
        self._has_worked = False
        self._fetching: asyncio.Task[str] | None = None

    async def token(self) -> str:
        """The last token, or a fresh one where that is about to expire."""
        known = self._token
        if known is not None and time.monotonic() < self._renew_at:
            return known
        try:
            return await self._fresh()
        except CredentialUnavailable as error:
            expiry = None if known is None else expiry_of(known)
            if known is None or expiry is None or expiry <= time.time():
                raise
            _log.warning("the last good token is used: %s", error)
            self._renew_at = time.monotonic() + _PAUSE_SECONDS
            return known

    async def renewed(self, refused: str) -> bool:
        """Whether the function gives another token."""
        if self._token == refused:
            self._token = None
        if self._token is None:
            await self._fresh()
        return self._token != refused

    async def _fresh(self) -> str:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch(), name="raas-token")
            self._fetching.add_done_callback(_ended)
        # A call that gives up does not end the fetch of the others.
        return await asyncio.shield(self._fetching)

    async def _fetch(self) -> str:
        try:
            given = await _called(self._give)
        except Exception as error:
            # Its text may hold a secret.
            text = f"the function that gives tokens failed: {type(error).__name__}"
            raise CredentialUnavailable(text, may_pass=self._has_worked) from error
        self._token = self._usable(given)
        self._has_worked = True
        self._renew_at = time.monotonic() + _life(self._token)
        return self._token

    def _usable(self, given: object) -> str:
        try:
            if not isinstance(given, str):
                raise _Unusable(f"{type(given).__name__} is not a text")
            return _checked(given, _Unusable)
        except _Unusable as error:
            text = f"the function that gives tokens returned something else: {error}"
            raise CredentialUnavailable(text, may_pass=self._has_worked) from error


async def _called(give: GiveToken) -> object:
    if inspect.iscoroutinefunction(give) or inspect.iscoroutinefunction(type(give).__call__):
        given = give()
    else:
        given = await asyncio.to_thread(give)
    return await given if inspect.isawaitable(given) else given


def _ended(task: asyncio.Task[str]) -> None:
    """Take note of a failure: the call that wanted the token may have given up."""
    if not task.cancelled():
        task.exception()


def _life(token: str) -> float:
    """For how many seconds to use a token before the next one is asked for."""
    expiry = expiry_of(token)
    left = float("inf") if expiry is None else expiry - time.time()
    if left <= 0:
        # The clock of this machine, or the issuer, is wrong: the server decides.
        return float("inf")
    return left - min(left * _MARGIN, _LONGEST_MARGIN_SECONDS)


class _Unusable(Exception):
    """The content of a file, or the value that a function returned, is not a token."""


def _checked(token: str, refusal: type[Exception]) -> str:
    if _TEXT.fullmatch(token) is None:
        raise refusal("a token is printable ASCII without blanks, and without the word Bearer before it")
    return token


def _content(path: Path) -> str:
    return path.read_text("ascii", "replace").strip()
