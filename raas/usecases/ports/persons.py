"""The store and the authentic source as the use cases on persons see them.

There are three ways to the persons, because they disturb the registers differently:

    reads                        PersonStore.persons, finals, holds, find
    additions, without a lock    PersonStore.add, PersonStore.creation: no register knows a new number yet
    changes, under a lock        PersonWriteStore.begin: no other transaction writes a register meanwhile

The errors are those of ports/errors.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Protocol

from raas.domain.errors import Violation
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity, IdentityClaim
from raas.domain.persons.record import Person
from raas.domain.persons.status import PersonStatus
from raas.domain.rights.view import VisibleTypes
from raas.domain.search.person_search import DayProbe, Probe
from raas.usecases.ports.write_store import (
    DossierTypes,
    ImportKey,
    LoadedState,
    RequestKey,
    WriteSet,
)

Rejection = tuple[int, tuple[Violation, ...]]
"""A row of an import that was skipped: its offset, and all its violations."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The rows of an import that a transaction covers, and those of them that it skipped."""

    key: ImportKey
    before: int
    """The stored offset that the transaction expects."""
    through: int
    rejected: Sequence[Rejection] = ()


class AddResult(Enum):
    """The result of adding records: unless they were ADDED, nothing was written."""

    ADDED = "the records and the progress are stored"
    NUMBER_KNOWN = "one of the numbers is known already"
    OFFSET_MOVED = "the stored offset of the import is not `Progress.before`"


@dataclass(frozen=True, slots=True)
class Findable:
    """A record as the search scores it.

    `niss` stands for the person (a final successor); `identity` has the names, the birth date, the sex and
    the municipality of one of the person's records.
    """

    niss: Niss
    identity: Identity


@dataclass(frozen=True, slots=True)
class CreatedBefore:
    """The person created under a request id, and the hash of that request."""

    fingerprint: bytes
    niss: Niss


@dataclass(frozen=True, slots=True)
class NissStatus:
    """The status of a number: `replaced_by` is its direct successor, `successor` the final one."""

    status: PersonStatus
    replaced_by: Niss | None = None
    successor: Niss | None = None


@dataclass(frozen=True, slots=True)
class LockedRegister:
    """A register that a transaction has locked, with all dossiers and shares of the numbers concerned."""

    id: int
    state: LoadedState
    types: DossierTypes


class PersonWriteTransaction(Protocol):
    """A transaction that changes persons. No other transaction writes a register until it ends."""

    persons: Mapping[Niss, Person]
    """The records of the numbers asked, and of all other numbers of the same persons."""
    registers: Sequence[LockedRegister]
    """The registers with a dossier, be it empty, of one of these persons, in the order of their ids."""

    async def import_offset(self, key: ImportKey) -> int:
        """The stored offset of an import; no other transaction moves it before this one ends."""

    async def advance_import(self, progress: Progress) -> None:
        """Store the offset of an import, and its skipped rows; the stored offset is `progress.before`."""

    async def put(self, persons: Sequence[Person]) -> None:
        """Write records, new or changed; the version of each grows by one.

        Of a number that is stored already, the register of origin, the identity and the source dates are
        written, but not its status and its successors.
        """

    async def stored(self, niss: Niss) -> Person:
        """A record as it is stored now, including the changes of this transaction."""

    async def keep_content(self, niss: Niss, body: Mapping[str, Any]) -> tuple[int, str]:
        """Keep facts about a person beside the log; answers their id and the hash that the log holds."""

    async def commit(
        self, niss_statuses: Mapping[Niss, NissStatus], registers: Iterable[tuple[int, WriteSet]]
    ) -> None:
        """Write all of it and commit, or nothing. Raises StoreUnavailable, CommitUnknown, StoreFault."""


class PersonWriteStore(Protocol):
    """The store as changes of persons see it."""

    def begin(self, nisses: Collection[Niss]) -> AbstractAsyncContextManager[PersonWriteTransaction]:
        """Exclude all writers, load the persons of these numbers, and lock and load their registers.

        Each register is locked once, in the order of the ids. Leaving without commit rolls back.
        """


class PersonCreation(Protocol):
    """A transaction that may add one person; no other transaction adds persons meanwhile."""

    async def created_before(self, key: RequestKey) -> CreatedBefore | None:
        """The person created under this request id; None = there is none."""

    async def find(self, probe: Probe | DayProbe, limit: int) -> tuple[Sequence[Findable], bool]:
        """Like `PersonStore.find`, on the data committed when it is called."""

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers; an unknown one is absent."""

    async def taken(self, nisses: Sequence[Niss]) -> Collection[Niss]:
        """Those of these numbers that a person has, or that a register knows."""

    async def add(self, person: Person, key: RequestKey | None, fingerprint: bytes) -> Person:
        """Add the person, store the request id, and commit; answers the record as stored.

        The number is not `taken`.
        """


class PersonStore(Protocol):
    """Persons, for the use cases that do not change them."""

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers as committed now; an unknown one is absent."""

    async def finals(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """For each number the record of the final successor; an unknown number is absent.

        Takes the same time whether a number was replaced or not.
        """

    async def holds(self, register_id: int, niss: Niss, within: VisibleTypes = None) -> bool:
        """Whether the register has a line under any number of the person to whom this one belongs.

        `within`: a line under one of these dossier types; None = under any.
        """

    async def held_types(
        self, register_id: int, nisses: Collection[Niss], day: int
    ) -> Mapping[Niss, Mapping[str, bool]]:
        """The dossier types under which the register has a line of each person, under any number.

        By number asked for and code of the type: whether a line covers `day`. A person whom the register does
        not hold is absent.
        """

    async def find(self, probe: Probe | DayProbe, limit: int) -> tuple[Sequence[Findable], bool]:
        """The records that an index finds with this probe, and whether there are more than `limit`.

        If there are more, the records answered are incomplete and must not be used. The record of a
        replaced number is answered under its final successor; a record without a last name or a birth date
        is never found.
        """

    async def add(self, persons: Sequence[Person], progress: Progress | None) -> AddResult:
        """Add new records and the progress of their import, in one transaction."""

    async def adopt_import(self, key: ImportKey, earlier: str) -> None:
        """Give the import under the caller `earlier` to the caller of `key`, unless that has one."""

    async def import_offset(self, key: ImportKey) -> int:
        """The stored offset of an import, as committed now."""

    async def rejections(self, key: ImportKey, first: int, end: int) -> Sequence[Rejection]:
        """The skipped rows of an import with first <= offset < end, in order of offset."""

    def creation(self) -> AbstractAsyncContextManager[PersonCreation]:
        """Exclude all transactions that add persons, imports too; leaving without `add` rolls back.

        One lock for all creations is enough because they are rare. With locks per name, two requests for one
        person could miss each other, since no key is common to all spellings of a name.
        """


Claim = tuple[Niss, IdentityClaim]
"""A number, and what the caller believes about the person to whom it belongs."""


class Comparison(NamedTuple):
    """A claim compared with the authentic source."""

    niss: Niss
    """The number that stands for the person: the final successor of the number claimed."""
    differing: tuple[str, ...]
    """The names of the fields that differ, in the order of IdentityClaim."""


class IdentitySource(Protocol):
    """The authentic source, to compare claims with."""

    async def compare(self, claims: Sequence[Claim]) -> Sequence[Comparison]:
        """One comparison per claim, in their order.

        A replaced number stands for its final successor. A field, or a person, that the source does not
        know never differs. Raises SourceUnavailable.
        """
