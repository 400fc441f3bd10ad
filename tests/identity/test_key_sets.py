"""Key sets: what is read, what is refused, and how often."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey

from raas.identity import key_sets
from raas.identity.development import key_set_of, new_key
from raas.identity.key_sets import Keys, KeySetRefused, fetch_from, read_key_set
from tests.eventually import eventually_async


def set_of(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def test_keys_for_signatures_are_read_by_their_id() -> None:
    one, other = new_key(), new_key()
    encrypting = {**new_key().as_dict(private=False), "use": "enc"}
    keys = read_key_set(set_of(one.as_dict(private=False), other.as_dict(private=False), encrypting))
    assert set(keys) == {one.kid, other.kid}


def short_rsa_key() -> dict[str, Any]:
    with warnings.catch_warnings(action="ignore"):
        return dict(RSAKey.generate_key(1_024, {"kid": "a"}).as_dict(private=False))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not a JSON Web Key Set"),
        (b"[]", "not a JSON Web Key Set"),
        (b'{"keys": 1}', "not a JSON Web Key Set"),
        (b'{"keys": [1]}', "not a JSON Web Key Set"),
        (b'{"keys": []}', "0 keys"),
        (set_of(OctKey.generate_key(256, {"kid": "a"}).as_dict(private=True)), "symmetric"),
        (set_of({**new_key().as_dict(private=True), "kid": "a"}), "private"),
        (set_of(*[{**new_key().as_dict(private=False), "kid": "a"}] * 2), "`kid` of its own"),
        (
            set_of({k: v for k, v in new_key().as_dict(private=False).items() if k != "kid"}),
            "`kid` of its own",
        ),
        (set_of(short_rsa_key()), "RSA"),
        (b" " * (256 * 1024 + 1), "larger"),
    ],
    ids=[
        "empty",
        "list",
        "number",
        "elements",
        "none",
        "symmetric",
        "private",
        "twice",
        "nameless",
        "short",
        "large",
    ],
)
def test_an_unusable_set_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(KeySetRefused, match=reason):
        read_key_set(raw)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b"x")
    assert fetch_from(str(path))() == b"x"


class Source:
    """A source of keys whose readings are counted."""

    def __init__(self) -> None:
        self.raw = key_set_of([new_key()])
        self.readings = 0

    def __call__(self) -> bytes:
        self.readings += 1
        return self.raw


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
async def keys(source: Source, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Keys]:
    monkeypatch.setattr(key_sets, "FORCED_SECONDS", 0.2)
    keys = Keys(source)
    running = asyncio.create_task(keys.run())
    await eventually_async(lambda: source.readings == 1 and keys.fresh)
    yield keys
    running.cancel()
    await asyncio.wait([running])


async def test_a_flood_of_unknown_keys_causes_one_reading(
    source: Source, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than the flood lasts on a busy machine.
    monkeypatch.setattr(key_sets, "FORCED_SECONDS", 3)
    for number in range(10_000):
        assert keys.key(f"unknown-{number}") is None
        if number % 100 == 0:
            await asyncio.sleep(0)
    assert source.readings == 1
    await eventually_async(lambda: source.readings == 2)


async def test_a_new_key_is_found_after_the_reading_that_it_causes(source: Source, keys: Keys) -> None:
    key = new_key()
    source.raw = key_set_of([key])
    assert keys.key(str(key.kid)) is None
    await eventually_async(lambda: keys.key(str(key.kid)) is not None)


async def test_the_last_good_set_is_kept_when_a_new_one_is_unusable(source: Source, keys: Keys) -> None:
    (kid,) = json.loads(source.raw)["keys"]
    source.raw = b"broken"
    keys.key("unknown")
    await eventually_async(lambda: source.readings == 2)
    assert keys.key(kid["kid"]) is not None
