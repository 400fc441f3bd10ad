"""PersonService: persons and their numbers in the authentic source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import grpc.aio
from google.protobuf.field_mask_pb2 import FieldMask

from raas.v1.identity_pb2 import Identity, IdentityClaim, Sex
from raas.v1.person_pb2 import Person
from raas.v1.person_service_pb2 import (
    CancelNissRequest,
    CheckPersonsRequest,
    ConfrontIdentityRequest,
    CreatePersonRequest,
    CreatePersonResponse,
    FieldVerdict,
    GetPersonRequest,
    GivenNameMatching,
    ImportPersonsRequest,
    ImportPersonsResponse,
    PersonCheck,
    PersonState,
    PersonWarning,
    RejectedPerson,
    ReplaceNissRequest,
    ReplaceNissResponse,
    RestoreNissRequest,
    RestoreNissResponse,
    SearchPersonsRequest,
    SearchPersonsResponse,
    UpdatePersonRequest,
    UpdatePersonResponse,
)
from raas_client.calls.channel import Stubs
from raas_client.calls.imports import Importing, ImportProgress, Rows
from raas_client.calls.invoke import Calls
from raas_client.days import Day, day_text

_ALL_NAMES = GivenNameMatching.GIVEN_NAME_MATCHING_ALL_GIVEN_NAMES


class Persons:
    """The calls about persons."""

    _calls: Calls

    async def get_person(self, niss: str) -> Person:
        """The record of a person whom the caller's register knows."""
        request = GetPersonRequest(niss=niss)
        return (await self._calls.unary(lambda stubs: stubs.persons.GetPerson, request)).person

    async def confront_identity(self, niss: str, identity: IdentityClaim) -> Sequence[FieldVerdict]:
        """Compare data about a person with the authentic source: one verdict per field of `identity`."""
        request = ConfrontIdentityRequest(niss=niss, identity=identity)
        return (await self._calls.unary(lambda stubs: stubs.persons.ConfrontIdentity, request)).verdicts

    async def search_persons(
        self,
        last_name: str,
        birth_date: Day,
        *,
        first_names: Sequence[str] = (),
        given_name_matching: GivenNameMatching.ValueType = _ALL_NAMES,
        birth_date_tolerance: int | None = None,
        sex: Sex.ValueType | None = None,
        municipality: str | None = None,
        max_results: int = 100,
    ) -> SearchPersonsResponse:
        """Persons by name, also misspelt, and date of birth; the best match first.

        The date may be incomplete (`1968-06-00`); then the tolerance is mandatory, in the unit of the last
        known part. With `GIVEN_NAME_MATCHING_LADDER` the search also tries what may be wrong in the question,
        `step` of a candidate says what, and no tolerance is needed. Raises TooManyResults where not all
        matches fit the answer.
        """
        request = SearchPersonsRequest(
            last_name=last_name,
            first_names=first_names,
            given_name_matching=given_name_matching,
            birth_date=day_text(birth_date),
            birth_date_tolerance=birth_date_tolerance,
            sex=sex,
            municipality=municipality,
            max_results=max_results,
        )
        return await self._calls.unary(lambda stubs: stubs.persons.SearchPersons, request)

    async def create_person(
        self, identity: Identity, *, reviewed_niss: Sequence[str] = (), request_id: str | None = None
    ) -> CreatePersonResponse:
        """A BIS number for a person who has none; or candidates, in which case nothing was created.

        Review the candidates. If none of them is the person, call again with their numbers in
        `reviewed_niss`.
        """
        request = CreatePersonRequest(
            identity=identity, reviewed_niss=reviewed_niss, request_id=request_id or str(uuid4())
        )
        return await self._calls.unary(lambda stubs: stubs.persons.CreatePerson, request)

    async def update_person(
        self, niss: str, identity: Identity, fields: Sequence[str], source_date: date | str
    ) -> UpdatePersonResponse:
        """Set these fields to their values in `identity`, as known on `source_date`.

        For persons of the BIS and RAD registers. Not repeated when the answer is lost.
        """
        request = UpdatePersonRequest(
            niss=niss,
            identity=identity,
            update_mask=FieldMask(paths=fields),
            source_date=day_text(source_date),
        )
        return await self._calls.unary(lambda stubs: stubs.persons.UpdatePerson, request, repeatable=False)

    async def check_persons(
        self, checks: Iterable[PersonCheck], *, on_behalf_of: str | None = None
    ) -> Sequence[PersonState]:
        """The status of up to 1,000 numbers, and the differing fields of claimed identities, in order.

        `on_behalf_of` is the enterprise number of the organisation that asked the caller, for the audit.
        """
        request = CheckPersonsRequest(checks=checks, on_behalf_of=on_behalf_of)
        return (await self._calls.unary(lambda stubs: stubs.persons.CheckPersons, request)).states

    async def replace_niss(
        self, niss: str, successor_niss: str, *, validate_only: bool = False
    ) -> ReplaceNissResponse:
        """Replace a number by another in all registers at once; returns the changes in each register.

        Not repeated when the answer is lost: a second call changes nothing and returns no changes.
        """
        request = ReplaceNissRequest(niss=niss, successor_niss=successor_niss, validate_only=validate_only)
        return await self._calls.unary(
            lambda stubs: stubs.persons.ReplaceNiss, request, repeatable=validate_only
        )

    async def restore_niss(self, niss: str, *, validate_only: bool = False) -> RestoreNissResponse:
        """Undo the replacement, or the cancellation, of a number. Not repeated when the answer is lost."""
        request = RestoreNissRequest(niss=niss, validate_only=validate_only)
        return await self._calls.unary(
            lambda stubs: stubs.persons.RestoreNiss, request, repeatable=validate_only
        )

    async def cancel_niss(self, niss: str) -> Person:
        """Cancel a number without a successor."""
        request = CancelNissRequest(niss=niss)
        return (await self._calls.unary(lambda stubs: stubs.persons.CancelNiss, request)).person

    async def import_persons(
        self,
        persons: Rows[Person],
        *,
        import_id: str | None = None,
        message_size: int = 500,
        window: int = 4,
        progress: Callable[[ImportProgress[RejectedPerson]], None] | None = None,
    ) -> ImportProgress[RejectedPerson]:
        """Import persons into the authentic source; continues after an interruption as `import_operations`.

        `message_size` is at most 1,000.
        """
        form = _PersonFeed(self._calls, import_id or str(uuid4()))
        importing: Importing[Person, RejectedPerson] = Importing(
            self._calls, form, message_size, window, progress
        )
        return await importing.run(persons)


@dataclass(frozen=True, slots=True)
class _PersonFeed:
    """ImportPersons."""

    calls: Calls
    import_id: str

    def open(self, stubs: Stubs, metadata: grpc.aio.Metadata) -> Any:
        return stubs.persons.ImportPersons(metadata=metadata)

    def message(self, rows: Sequence[Person], offset: int) -> ImportPersonsRequest:
        return ImportPersonsRequest(import_id=self.import_id, persons=rows, offset=offset)

    def revision(self, answer: ImportPersonsResponse) -> int:
        return 0

    def warnings(self, answer: ImportPersonsResponse) -> Iterable[PersonWarning]:
        return answer.warnings
