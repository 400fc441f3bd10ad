"""JSON values, as details of mutations and stored forms hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = str | int | bool | Sequence["Json"] | Mapping[str, "Json"] | None
"""A JSON value without fractions."""

JsonObject: TypeAlias = Mapping[str, Json]
