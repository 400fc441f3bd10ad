"""What the verbs on persons need from outside, as contracts.

Three ways in, because they disturb the registers differently:

    reading                 PersonStore.persons, finals, holds, find
    adding, no lock         PersonStore.add, PersonStore.creation: a new number concerns no register yet
    changing, under a lock  PersonAlterations: no write lane runs meanwhile, and the registers are told

Errors are those of ports.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from raas.domain.calendar.periods import Lines
from raas.domain.errors import Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity, IdentityClaim
from raas.domain.persons.record import Person
from raas.domain.search.person_search import Probe
from raas.usecases.ports.read_store import DossierView
from raas.usecases.ports.write_store import ImportKey, RequestKey

Rejection = tuple[int, tuple[Violation, ...]]
"""A row of a feed that was skipped: its offset, and all that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import of persons has come with a transaction, and the rows skipped on the way."""

    key: ImportKey
    before: int
    """The offset it stood at; when it stands elsewhere the transaction is refused."""
    through: int
    rejected: Sequence[Rejection] = ()


@dataclass(frozen=True, slots=True)
class Findable:
    """What the search scores.

    `niss` stands for the person (a final successor); `identity` has the names, the birth date, the sex and
    the municipality of one of the person's records.
    """

    niss: Niss
    identity: Identity


@dataclass(frozen=True, slots=True)
class CreatedBefore:
    """The person that was created under a request id, and what was asked then."""

    body_hash: bytes
    niss: Niss


class PersonRecords(Protocol):
    """The records of persons inside a transaction."""

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers as they now are, this transaction's changes included."""

    async def put(self, persons: Sequence[Person]) -> None:
        """Write records, new or changed, each one version further.

        Of a number that is kept already, register of origin, identity and source dates are written;
        its standing (status, replaced_by, successor) is left as it is.
        """

    async def import_offset(self, key: ImportKey) -> int:
        """The offset from which an import goes on; until the end of the transaction nobody else moves it."""

    async def advance_import(self, progress: Progress) -> None:
        """Keep how far an import came, and the rows that were skipped on the way."""


class PersonCreation(Protocol):
    """A transaction that may add one person; nobody adds one who may be the same meanwhile."""

    async def created_before(self, key: RequestKey) -> CreatedBefore | None:
        """What this request id created before."""

    async def find(self, probe: Probe, limit: int) -> tuple[Sequence[Findable], bool]:
        """Like `PersonStore.find`, reading what was committed when it is called."""

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers; an unknown one is absent."""

    async def taken(self, nisses: Sequence[Niss]) -> Collection[Niss]:
        """Which of these numbers are given already, or known to a register."""

    async def add(self, person: Person, key: RequestKey | None, body_hash: bytes) -> Person | None:
        """Add the person, remember the request, and commit; answers the record.

        None when the number was given to somebody else at this very moment: nothing was written.
        """


class PersonStore(Protocol):
    """Persons, as the verbs that do not change them see them."""

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers as committed now; an unknown one is absent."""

    async def finals(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """For each number the record that stands for its person now; an unknown number is absent.

        Takes the same time whether a number was replaced or not.
        """

    async def holds(self, register_id: int, niss: Niss) -> bool:
        """Whether the register has a line under any number of the person to whom this one belongs."""

    async def find(self, probe: Probe, limit: int) -> tuple[Sequence[Findable], bool]:
        """The records that an index finds with this probe, and whether they exceed `limit`.

        With more, what is answered is of no use. The record of a replaced number is answered under its
        final successor; one without a last name or a birth date is never found.
        """

    async def add(self, persons: Sequence[Person], progress: Progress | None) -> bool:
        """Add new records and keep the progress of their import, in one transaction.

        False when one of the numbers is known already: nothing was written. Raises Refused
        IMPORT_OFFSET_AHEAD when the import does not stand at `progress.before`.
        """

    async def import_offset(self, key: ImportKey) -> int:
        """The offset from which an import goes on, as committed now."""

    async def rejections(self, key: ImportKey, first: int, end: int) -> Sequence[Rejection]:
        """The rows of an import with first <= offset < end that were skipped, in order of offset."""

    def creation(self, locks: Sequence[str]) -> AbstractAsyncContextManager[PersonCreation]:
        """A transaction that holds these locks, taken in order; leaving without `add` rolls back."""


@dataclass(frozen=True, slots=True)
class AffectedRegister:
    """The dossiers of the numbers concerned in one register, before and after; ordered by number and code."""

    register: EnterpriseNumber
    before: tuple[DossierView, ...]
    after: tuple[DossierView, ...]


@dataclass(frozen=True, slots=True)
class Inseparable:
    """Days of a dossier that cannot be attributed to one of two persons any more."""

    register: EnterpriseNumber
    dossier_type: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restoration does; registers in order of enterprise number."""

    registers: tuple[AffectedRegister, ...]
    inseparable: tuple[Inseparable, ...]


Claim = tuple[Niss, IdentityClaim]
"""What is believed about the person to whom a number belongs."""


class IdentitySource(Protocol):
    """The authentic source, confronted with claims."""

    async def mismatches(self, claims: Sequence[Claim]) -> Sequence[tuple[str, ...]]:
        """Per claim the names of the fields that differ, in the order of IdentityClaim.

        A replaced number stands for its final successor. What the source does not know, the person
        included, differs from nothing. Raises SourceUnavailable.
        """
