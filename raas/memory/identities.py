"""Who the persons behind the numbers of a fake are, as far as a test says so."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from raas.domain.persons.confrontation import mismatches
from raas.domain.persons.identity import Identity
from raas.domain.registers.content import SALT_BYTES, content_hash
from raas.memory.state import World
from raas.usecases.ports.persons import Claim


class FakeIdentities:
    """The IdentitySource of a fake: nothing differs from what nobody said."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def mismatches(self, claims: Sequence[Claim]) -> Sequence[tuple[str, ...]]:
        """Per claim the names of the fields that differ."""
        persons = ((self._world.identity(niss), claim) for niss, claim in claims)
        return [mismatches(claim, identity) if identity else () for identity, claim in persons]


def differing_fields(before: Identity, after: Identity) -> list[str]:
    """The names of the fields that a change changes."""
    names = (field.name for field in fields(Identity))
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def kept_beside(world: World, body: Mapping[str, Any]) -> tuple[int, str]:
    """Keep a content beside the logs; answers its id and its hash in hexadecimal."""
    content_id = len(world.contents) + 1
    world.contents[content_id] = body
    return content_id, content_hash(secrets.token_bytes(SALT_BYTES), body).hex()
