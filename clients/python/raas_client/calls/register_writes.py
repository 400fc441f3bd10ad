"""RegisterService: the calls that write."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any
from uuid import uuid4

from google.protobuf.field_mask_pb2 import FieldMask

from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.identity_pb2 import IdentityClaim
from raas.v1.register_service_pb2 import (
    ApplyBatchRequest,
    ApplyBatchResponse,
    BatchOperation,
    CreateDossierTypeRequest,
    ImportRequest,
    ImportResponse,
    InscribeRequest,
    InscribeResponse,
    RejectedOperation,
    RemoveRequest,
    RemoveResponse,
    UpdateDossierTypeRequest,
)
from raas_client.calls.channel import Stubs
from raas_client.calls.imports import Importing, ImportProgress, Rows
from raas_client.calls.invoke import Calls
from raas_client.calls.operations import replaced_niss_policy
from raas_client.days import Day, period

LARGEST_BATCH = 1_000


class RegisterWrites:
    """What is changed in a register.

    Every operation carries a request id, the caller's or one made up here, so that it is safe to repeat:
    a call that was cut off is sent again, and nothing is done twice.
    """

    _calls: Calls

    async def inscribe(
        self,
        niss: str,
        dossier_type: str,
        begin: Day,
        end: Day | None = None,
        *,
        identity: IdentityClaim | None = None,
        refuse_replaced: bool = False,
        validate_only: bool = False,
        request_id: str | None = None,
    ) -> InscribeResponse:
        """Add a period to the dossier of a person; without `end` it is open.

        `identity`: what is believed about the person, refused with IdentityMismatch where it differs.
        `refuse_replaced`: raise NissReplaced for a replaced number instead of following it.
        """
        request = InscribeRequest(
            register=self._calls.register,
            niss=niss,
            dossier_type=dossier_type,
            period=period(begin, end),
            identity=identity,
            replaced_niss_policy=replaced_niss_policy(refuse_replaced),
            validate_only=validate_only,
            request_id=request_id or str(uuid4()),
        )
        return await self._calls.unary(self._calls.stubs.registers.Inscribe, request)

    async def remove(
        self,
        niss: str,
        dossier_type: str,
        begin: Day | None = None,
        end: Day | None = None,
        *,
        refuse_replaced: bool = False,
        validate_only: bool = False,
        request_id: str | None = None,
    ) -> RemoveResponse:
        """Take a period from the dossier of a person; without any bound the whole dossier."""
        request = RemoveRequest(
            register=self._calls.register,
            niss=niss,
            dossier_type=dossier_type,
            period=None if begin is None and end is None else period(begin, end),
            replaced_niss_policy=replaced_niss_policy(refuse_replaced),
            validate_only=validate_only,
            request_id=request_id or str(uuid4()),
        )
        return await self._calls.unary(self._calls.stubs.registers.Remove, request)

    async def apply_batch(
        self,
        operations: Iterable[BatchOperation],
        *,
        validate_only: bool = False,
        request_id: str | None = None,
    ) -> ApplyBatchResponse:
        """Apply up to 1,000 operations (`inscription`, `removal`) as one: all of them or none.

        `validate_only` answers the complete list of what is wrong and does nothing. Where an answer says
        `last_dossiers_only`, the lines of a dossier are in the last of its results only.
        """
        request = ApplyBatchRequest(
            register=self._calls.register,
            operations=operations,
            validate_only=validate_only,
            request_id=request_id or str(uuid4()),
        )
        return await self._calls.unary(self._calls.stubs.registers.ApplyBatch, request)

    async def apply_in_batches(
        self,
        operations: Iterable[BatchOperation],
        *,
        size: int = LARGEST_BATCH,
        request_id: str | None = None,
    ) -> AsyncGenerator[ApplyBatchResponse, None]:
        """Apply any number of operations, `size` at a time, one answer each.

        NOT one operation: every batch is applied or refused by itself, and a batch that is refused ends it
        with those before it applied. With a `request_id` of at most 100 characters the same sequence can be
        sent again from its beginning: what was applied is not applied twice.
        """
        rest = iter(operations)
        for number in count():
            batch = list(islice(rest, size))
            if not batch:
                return
            own_id = None if request_id is None else f"{request_id}/{number}"
            yield await self.apply_batch(batch, request_id=own_id)

    async def import_operations(
        self,
        operations: Rows[BatchOperation],
        *,
        import_id: str | None = None,
        start_offset: int | None = None,
        message_size: int = 2_000,
        window: int = 4,
        progress: Callable[[ImportProgress[RejectedOperation]], None] | None = None,
    ) -> ImportProgress[RejectedOperation]:
        """Apply a long sequence of operations; `progress` is told after every message how far it has come.

        Bad operations are skipped and told in `rejected`. A connection that is lost is made anew, and
        nothing is applied twice. With an `import_id` of the caller's own the same sequence goes on where it
        was, also in another process: what lies below the server's offset is read and not sent. A lower
        `start_offset` sends again what the server has had from there on: it applies none of it, and tells
        again what it rejected; a higher one is refused.
        At most `window` messages of `message_size` operations (5,000 at most) are under way at once; no
        more than these, and what was rejected, is held in memory.
        """
        form = _OperationImport(self._calls, import_id or str(uuid4()))
        importing: Importing[BatchOperation, RejectedOperation] = Importing(
            self._calls, form, message_size, window, progress, start_offset
        )
        return await importing.run(operations)

    async def create_dossier_type(self, dossier_type: DossierType) -> DossierType:
        """Declare a dossier type. Not repeated when the answer is lost; then look whether it is there."""
        request = CreateDossierTypeRequest(register=self._calls.register, dossier_type=dossier_type)
        method = self._calls.stubs.registers.CreateDossierType
        return (await self._calls.unary(method, request, repeatable=False)).dossier_type

    async def update_dossier_type(self, dossier_type: DossierType, fields: Sequence[str]) -> DossierType:
        """Set the fields named to their values in `dossier_type`; one that is absent there is cleared."""
        request = UpdateDossierTypeRequest(
            register=self._calls.register, dossier_type=dossier_type, update_mask=FieldMask(paths=fields)
        )
        return (await self._calls.unary(self._calls.stubs.registers.UpdateDossierType, request)).dossier_type


@dataclass(frozen=True, slots=True)
class _OperationImport:
    """Import."""

    calls: Calls
    import_id: str

    def open(self, stubs: Stubs) -> Any:
        return stubs.registers.Import(metadata=self.calls.caller.metadata)

    def message(self, rows: Sequence[BatchOperation], offset: int) -> ImportRequest:
        # Named in every message: whichever one begins a connection has to say it.
        return ImportRequest(
            register=self.calls.register, import_id=self.import_id, operations=rows, offset=offset
        )

    def revision(self, answer: ImportResponse) -> int:
        return answer.revision
