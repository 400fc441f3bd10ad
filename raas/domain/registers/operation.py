"""An operation as requested: inscribe or remove a period of one person under one dossier type."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from raas.domain.calendar.periods import Period
from raas.domain.errors import Violation
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import IdentityClaim


class Action(Enum):
    """The action on the period."""

    INSCRIBE = "inscribe"
    REMOVE = "remove"


class Operation(NamedTuple):
    """One inscription or removal, with the violations of its own form.

    A tuple, not a dataclass: Import makes hundreds of thousands, and a frozen dataclass takes five times
    as long to make.

    A field that could not be read is None and has its violation in `violations`. Such an operation is
    never applied, but its readable fields are still checked against the state, so that all violations are
    reported together. A removal with `period` None and no violations removes the whole dossier.
    """

    action: Action
    niss: Niss | None
    dossier_type: str | None
    period: Period | None
    claim: IdentityClaim | None = None
    refuse_replaced: bool = False
    violations: tuple[Violation, ...] = ()
