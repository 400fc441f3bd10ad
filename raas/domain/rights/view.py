"""The part of a register that a caller may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

VisibleTypes = frozenset[str] | None
"""Codes of dossier types; None = all."""

NO_TYPES: frozenset[str] = frozenset()


class Content(Enum):
    """Contents about persons in mutations; names and values equal those of the proto enum MandateContent."""

    IDENTITY = 1
    NETWORK_EVENT = 2


@dataclass(frozen=True, slots=True)
class RegisterView:
    """The part of a register that a caller may see: dossier types, and contents about persons.

    `contents` says for each content under which dossier types it may be shown; a content that is absent may
    not be shown at all. Everything outside the view is as if it did not exist. Only an auditor sees the days
    that restrictions hide.
    """

    dossier_types: VisibleTypes = None
    contents: Mapping[Content, VisibleTypes] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    shows_restricted: bool = field(default=False, compare=False)

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the register is hidden, contents included."""
        return self.dossier_types is None and all(self.contents.get(c, NO_TYPES) is None for c in Content)

    def shows_type(self, code: str) -> bool:
        """Whether dossiers of this type exist for the caller."""
        return self.dossier_types is None or code in self.dossier_types

    def lookup_code(self, code: str) -> str:
        """The code to look up for one in a request.

        A code outside the view becomes one that no register can have: whether there is such a type or not, it
        is not found, and looking it up takes the same time.
        """
        return code if self.shows_type(code) else f" {code}"

    def shows_content(self, content: Content, codes: Iterable[str]) -> bool:
        """Whether a content about a person who is known under these dossier types may be shown."""
        allowed = self.contents.get(content, NO_TYPES)
        return allowed is None or not allowed.isdisjoint(codes)

    def content_types(self, content: Content, codes: Iterable[str]) -> frozenset[str]:
        """Those of the dossier types under which a content may be shown."""
        allowed, named = self.contents.get(content, NO_TYPES), frozenset(codes)
        return named if allowed is None else named & allowed

    def of_types(self, codes: VisibleTypes) -> RegisterView:
        """The part of this view that concerns these dossier types."""
        if codes is None:
            return self
        kept = codes if self.dossier_types is None else self.dossier_types & codes
        return replace(self, dossier_types=kept)

    def within(self, other: RegisterView) -> bool:
        """Whether `other` shows everything that this view shows."""
        return _within(self.dossier_types, other.dossier_types) and all(
            _within(codes, other.contents.get(content, NO_TYPES)) for content, codes in self.contents.items()
        )


WHOLE = RegisterView(None, MappingProxyType(dict.fromkeys(Content)))
"""The view of the owner: everything."""


def union(views: Iterable[RegisterView]) -> RegisterView | None:
    """The view that shows whatever one of these views shows; None where there are none."""
    united: RegisterView | None = None
    for view in views:
        united = view if united is None else _union(united, view)
    return united


def _union(one: RegisterView, other: RegisterView) -> RegisterView:
    contents = dict(one.contents)
    for content, codes in other.contents.items():
        contents[content] = _either(contents.get(content, NO_TYPES), codes)
    return RegisterView(_either(one.dossier_types, other.dossier_types), contents)


def _either(one: VisibleTypes, other: VisibleTypes) -> VisibleTypes:
    return None if one is None or other is None else one | other


def _within(inner: VisibleTypes, outer: VisibleTypes) -> bool:
    return outer is None or (inner is not None and inner <= outer)
