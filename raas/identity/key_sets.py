"""The keys of a token issuer: a JSON Web Key Set from a file or an https URL, kept fresh in the background.

Reading happens in a thread, never on the event loop, and a source that does not answer delays neither later
readings nor the end of the process. The last good set is kept when a new one cannot be read or is unusable,
and is refused once it is older than 24 hours. Whatever the number of tokens that name unknown keys, and
whatever the source answers, it is read once per 30 seconds at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import urllib.request
import warnings
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import structlog
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from raas.concurrency.abandonable import in_thread_of_its_own

log = structlog.get_logger()

REFRESH_SECONDS = 300.0
FORCED_SECONDS = 30.0
OLDEST_SECONDS = 24 * 3_600.0
_RETRY_SECONDS = 30.0
FETCH_SECONDS = 20.0
"""The longest reading; a longer one is abandoned."""
_SILENCE_SECONDS = 10.0
"""The longest wait for a part of an answer."""
_LARGEST_SET = 256 * 1024
_MOST_KEYS = 100
_SMALLEST_RSA = 2_048
_KNOWN_TYPES = ("EC", "OKP", "RSA", "oct")

Fetch = Callable[[], bytes]
"""Reads the set; blocks. Raises OSError."""


class KeySetRefused(Exception):
    """The content read is no usable key set; the text has the reason."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: keys come from the address that the operator wrote, or not at all."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


def fetch_from(source: str) -> Fetch:
    """The reader of the key set that a setting names: an `https://` URL or the path of a file."""
    if not source.startswith("https://"):
        return Path(source).read_bytes
    opener = urllib.request.build_opener(_NoRedirects(), urllib.request.ProxyHandler({}))

    def fetch() -> bytes:
        ends = time.monotonic() + FETCH_SECONDS
        body = b""
        try:
            with opener.open(source, timeout=_SILENCE_SECONDS) as answer:
                while len(body) <= _LARGEST_SET and (part := answer.read1(_LARGEST_SET)):
                    body += part
                    if time.monotonic() > ends:
                        raise TimeoutError("the answer takes too long")
        except HTTPError as error:
            error.close()
            raise OSError(f"the answer has the status {error.code}") from None
        except HTTPException as error:
            raise OSError(f"the answer is not HTTP: {type(error).__name__}") from error
        return body

    return fetch


def read_key_set(raw: bytes) -> Mapping[str, Key]:
    """The keys of a set by their `kid`, without those of other uses and of unknown types.

    Raises KeySetRefused.
    """
    if len(raw) > _LARGEST_SET:
        raise KeySetRefused(f"the key set is larger than {_LARGEST_SET} bytes")
    try:
        entries = [entry for entry in json.loads(raw)["keys"] if _is_for_signatures(entry)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise KeySetRefused("it is not a JSON Web Key Set") from None
    if not 0 < len(entries) <= _MOST_KEYS:
        raise KeySetRefused(f"it holds {len(entries)} keys for signatures; 1 to {_MOST_KEYS} are accepted")
    by_id: dict[str, Key] = {}
    for entry in entries:
        key_id = entry.get("kid")
        if not isinstance(key_id, str) or not key_id or key_id in by_id:
            raise KeySetRefused("each key needs a `kid` of its own")
        by_id[key_id] = _public_key(key_id, entry)
    return by_id


def _is_for_signatures(entry: dict[str, Any]) -> bool:
    """Whether a key may verify signatures; types that later standards add are ignored (RFC 7517, 5)."""
    kind = entry.get("kty")
    return entry.get("use", "sig") == "sig" and (kind in _KNOWN_TYPES or not isinstance(kind, str))


def _public_key(key_id: str, entry: dict[str, Any]) -> Key:
    try:
        with warnings.catch_warnings():
            # Weak keys are refused below, in our own words.
            warnings.simplefilter("ignore", SecurityWarning)
            key = import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        raise KeySetRefused(f"key {key_id!r} cannot be read") from None
    if not isinstance(key, ECKey | OKPKey | RSAKey):
        raise KeySetRefused(f"key {key_id!r} is symmetric; only public keys are accepted")
    if key.is_private:
        raise KeySetRefused(f"key {key_id!r} is a private key")
    if isinstance(key, RSAKey) and key.public_key.key_size < _SMALLEST_RSA:
        raise KeySetRefused(f"key {key_id!r} is an RSA key of fewer than {_SMALLEST_RSA} bits")
    return key


class Keys:
    """The keys of one issuer. `run` keeps them fresh; `key` never waits."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str, Key] = {}
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._wanted = asyncio.Event()

    @property
    def age_seconds(self) -> float:
        """How long ago the last good set was read; infinite before the first."""
        return self._clock() - self._read_at

    @property
    def fresh(self) -> bool:
        """Whether the last good set is recent enough to be believed."""
        return self.age_seconds <= OLDEST_SECONDS

    def key(self, key_id: str) -> Key | None:
        """The key with this id in the last good set; an unknown id asks `run` for a reading."""
        found = self._keys.get(key_id)
        if found is None:
            self._wanted.set()
        return found if self.fresh else None

    def holds(self, key_id: str, key: Key) -> bool:
        """Whether this very key is in the last good set, and that set is fresh."""
        return self._keys.get(key_id) is key and self.fresh

    async def load(self) -> None:
        """Read the set once. Raises KeySetRefused, OSError; the keys known before then stay."""
        self._tried_at = self._clock()
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                raw = await in_thread_of_its_own(self._fetch, "token-keys")
        except TimeoutError:
            raise TimeoutError(f"no whole answer within {FETCH_SECONDS:g} seconds") from None
        keys = read_key_set(raw)
        # A key that did not change stays the same object, so verdicts that rest on it stay valid.
        before = self._keys
        self._keys = {
            key_id: before[key_id]
            if key_id in before and before[key_id].thumbprint() == key.thumbprint()
            else key
            for key_id, key in keys.items()
        }
        self._read_at = self._clock()

    async def run(self) -> None:
        """Read the set at once, and keep it fresh until cancelled."""
        while True:
            self._wanted.clear()
            try:
                await self.load()
            except (KeySetRefused, OSError) as error:
                cause = _cause(error)
                log.error("the keys of the token issuer cannot be read", cause=cause, fresh=self.fresh)
            pause = REFRESH_SECONDS if self._read_at >= self._tried_at else _RETRY_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wanted.wait()
            await asyncio.sleep(max(0.0, self._tried_at + FORCED_SECONDS - self._clock()))


def _cause(error: Exception) -> str:
    return str(error) if isinstance(error, KeySetRefused) else f"{type(error).__name__}: {error}"
