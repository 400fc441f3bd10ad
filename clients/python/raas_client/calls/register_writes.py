"""RegisterService: the writes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any
from uuid import uuid4

import grpc.aio
from google.protobuf.field_mask_pb2 import FieldMask

from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.identity_pb2 import IdentityClaim
from raas.v1.person_service_pb2 import PersonWarning
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
    """The writes of a register.

    Every operation carries a request id, the caller's or a random one, so that it is safe to repeat: a call
    without an answer is sent again, and the server applies it once.
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

        `identity`: the caller's data about the person; raises IdentityMismatch where they differ from the
        authentic source. `refuse_replaced`: raise NissReplaced for a replaced number instead of applying the
        operation to its successor. `validate_only`: check and answer, apply nothing.
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
        return await self._calls.unary(lambda stubs: stubs.registers.Inscribe, request)

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
        """Remove a period from the dossier of a person; without bounds the whole dossier."""
        request = RemoveRequest(
            register=self._calls.register,
            niss=niss,
            dossier_type=dossier_type,
            period=None if begin is None and end is None else period(begin, end),
            replaced_niss_policy=replaced_niss_policy(refuse_replaced),
            validate_only=validate_only,
            request_id=request_id or str(uuid4()),
        )
        return await self._calls.unary(lambda stubs: stubs.registers.Remove, request)

    async def apply_batch(
        self,
        operations: Iterable[BatchOperation],
        *,
        validate_only: bool = False,
        request_id: str | None = None,
    ) -> ApplyBatchResponse:
        """Apply up to 1,000 operations (`inscription`, `removal`) atomically: all or none.

        `validate_only` reports all violations and applies nothing. Where an answer says
        `last_dossiers_only`, the lines of a dossier are only in the last of its results.
        """
        request = ApplyBatchRequest(
            register=self._calls.register,
            operations=operations,
            validate_only=validate_only,
            request_id=request_id or str(uuid4()),
        )
        return await self._calls.unary(lambda stubs: stubs.registers.ApplyBatch, request)

    async def apply_in_batches(
        self,
        operations: Iterable[BatchOperation],
        *,
        size: int = LARGEST_BATCH,
        request_id: str | None = None,
    ) -> AsyncGenerator[ApplyBatchResponse, None]:
        """Apply any number of operations, `size` at a time, one answer each.

        This is NOT atomic: every batch is applied or refused alone, and the first refused batch ends the
        sequence after earlier batches were applied. With a `request_id` of at most 100 characters the same
        sequence can be sent again from its beginning: no batch is applied twice.
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
        """Apply a long sequence of operations; `progress` is called after every message.

        Invalid operations are skipped and reported in `rejected`. A lost connection is replaced, and nothing
        is applied twice. With the caller's own `import_id` the same sequence continues where it was, also in
        another process: operations below the server's offset are read and not sent. A lower `start_offset`
        sends them again from there on: operations below the server's offset are not applied again, and those
        that it rejected are reported again; a higher one is refused. At most `window` messages of
        `message_size` operations (at most 5,000) are sent before their answers; these and the rejected
        operations are held in memory.
        """
        form = _OperationImport(self._calls, import_id or str(uuid4()))
        importing: Importing[BatchOperation, RejectedOperation] = Importing(
            self._calls, form, message_size, window, progress, start_offset
        )
        return await importing.run(operations)

    async def create_dossier_type(self, dossier_type: DossierType) -> DossierType:
        """Declare a dossier type. Not repeated when the answer is lost: then check whether it exists."""
        request = CreateDossierTypeRequest(register=self._calls.register, dossier_type=dossier_type)
        return (
            await self._calls.unary(
                lambda stubs: stubs.registers.CreateDossierType, request, repeatable=False
            )
        ).dossier_type

    async def update_dossier_type(self, dossier_type: DossierType, fields: Sequence[str]) -> DossierType:
        """Set these fields to their values in `dossier_type`; a field that is absent there is cleared."""
        request = UpdateDossierTypeRequest(
            register=self._calls.register, dossier_type=dossier_type, update_mask=FieldMask(paths=fields)
        )
        return (
            await self._calls.unary(lambda stubs: stubs.registers.UpdateDossierType, request)
        ).dossier_type


@dataclass(frozen=True, slots=True)
class _OperationImport:
    """Import."""

    calls: Calls
    import_id: str

    def open(self, stubs: Stubs, metadata: grpc.aio.Metadata) -> Any:
        return stubs.registers.Import(metadata=metadata)

    def message(self, rows: Sequence[BatchOperation], offset: int) -> ImportRequest:
        # In every message: each of them may be the first on a connection.
        return ImportRequest(
            register=self.calls.register, import_id=self.import_id, operations=rows, offset=offset
        )

    def revision(self, answer: ImportResponse) -> int:
        return answer.revision

    def warnings(self, answer: ImportResponse) -> Iterable[PersonWarning]:
        return ()
