"""The identity of a person at the authentic source, and a caller's claim about it."""

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
    """The residence or contact address of a person; an unknown part is empty."""

    country: str = ""
    municipality: str = ""
    postal_code: str = ""
    street: str = ""


@dataclass(frozen=True, slots=True)
class IdentityClaim:
    """Data to be compared with the authentic source; None or empty = not claimed."""

    last_name: str | None = None
    first_names: tuple[str, ...] = ()
    birth_date: IncompleteDate | None = None
    sex: Sex | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The data of the authentic source about a person; None or empty = not known."""

    last_name: str | None = None
    first_names: tuple[str, ...] = ()
    birth_date: IncompleteDate | None = None
    sex: Sex | None = None
    birth_place: str | None = None
    nationality: str | None = None
    death_date: IncompleteDate | None = None
    address: Address | None = None
    contact_address: Address | None = None
