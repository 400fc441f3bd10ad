"""Who a person is according to the authentic source, and what a caller claims about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from raas.domain.calendar.incomplete_date import IncompleteDate


class Sex(Enum):
    """The sex as registered; names and values equal those of the proto enum."""

    MALE = 1
    FEMALE = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person lives or can be reached; a part that is not known is empty."""

    country: str = ""
    municipality: str = ""
    postal_code: str = ""
    street: str = ""


@dataclass(frozen=True, slots=True)
class IdentityClaim:
    """Data sent along to be confronted with the authentic source; None or empty = not claimed."""

    last_name: str | None = None
    first_names: tuple[str, ...] = ()
    birth_date: IncompleteDate | None = None
    sex: Sex | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What the authentic source knows about a person; None or empty = not known."""

    last_name: str | None = None
    first_names: tuple[str, ...] = ()
    birth_date: IncompleteDate | None = None
    sex: Sex | None = None
    birth_place: str | None = None
    nationality: str | None = None
    death_date: IncompleteDate | None = None
    address: Address | None = None
    contact_address: Address | None = None
