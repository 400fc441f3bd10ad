"""Dossier types: create, change, list. Creating or changing one takes a revision."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence, Set
from types import MappingProxyType

from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.registers.dossier_type import DossierType, IdentityChanges, parse_dossier_type
from raas.domain.registers.stored_dossier_type import dossier_type_json
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.audit.call_audit import write_record
from raas.usecases.calls.audit.scope import AuditScope
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages, page_size_of
from raas.usecases.ports.write_store import DossierKey, DossierTypes, ImportKey, RequestKey, WriteStore
from raas.usecases.writes.queue import WriteQueues
from raas.usecases.writes.unit_of_work import Persons, RegisterUnitOfWork


class ManageDossierTypes:
    """The use cases on the dossier types of a register."""

    def __init__(self, write_queues: WriteQueues, store: WriteStore, pages: Pages) -> None:
        self._write_queues = write_queues
        self._store = store
        self._pages = pages

    async def create(
        self, call: Call, register: AdmittedRegister, dossier_type: DossierType
    ) -> tuple[DossierType, int]:
        """Declare a type; returns it and the revision it took. Raises Refused DOSSIER_TYPE_EXISTS."""
        change = _Change(call, dossier_type.code, dossier_type, {})
        return await self._write_queues[register.id].submit(change, call.caller.key, register.lost)

    async def update(
        self, call: Call, register: AdmittedRegister, code: str, changes: Mapping[str, object]
    ) -> tuple[DossierType, int]:
        """Set the named fields to values as `parse_dossier_type` takes them.

        Returns the type and the revision that the change took. An update that changes nothing takes none and
        returns the current one. Raises Refused: DOSSIER_TYPE_UNKNOWN, PARTNER_IN_USE, or all violations
        of the changed type.
        """
        change = _Change(call, code, None, changes)
        return await self._write_queues[register.id].submit(change, call.caller.key, register.lost)

    async def violations(self, register: AdmittedRegister, code: str) -> Sequence[Violation]:
        """The violations of the state in the code of an update; for an update that is refused already."""
        types = await self._store.dossier_types(register.id)
        return () if code in types.by_code else _unknown().violations

    async def page(
        self, call: Call, register: AdmittedRegister, page_size: int, page_token: str
    ) -> tuple[tuple[DossierType, ...], str]:
        """Types that the caller sees, in order of code, and the token of the next page ("" = no more)."""
        size = page_size_of(page_size)
        after = self._pages.open(page_token, call, register.id, None)
        types = await self._store.dossier_types(register.id)
        codes = sorted(code for code in types.by_code if after is None or code > after["code"])
        if register.view.dossier_types is not None:
            codes = [code for code in codes if register.view.shows_type(code)]
        token = (
            self._pages.seal(call, register.id, None, {"code": codes[size - 1]}) if len(codes) > size else ""
        )
        return tuple(types.by_code[code][1] for code in codes[:size]), token


class _Change:
    """The creation or the change of one type; the write queue orders it with the operations around it."""

    size = 1
    background = False
    persons: Persons = MappingProxyType({})
    requests: Sequence[RequestKey] = ()
    import_key: ImportKey | None = None
    changes_partner_of: str | None = None

    def __init__(
        self, call: Call, code: str, created: DossierType | None, changes: Mapping[str, object]
    ) -> None:
        self._call = call
        self.recorded: AuditScope | None = None
        self.deadline = call.deadline
        self._stamp = call.stamp()
        self._code = code
        self._created = created
        self._changes = changes
        if "partner" in changes:
            self.changes_partner_of = code

    def codes(self) -> Set[str]:
        """The code that it names."""
        return {self._code}

    def keys(self, types: DossierTypes) -> Iterable[DossierKey]:
        """No dossier."""
        return ()

    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, tuple[DossierType, int]]:
        """Create or change the type; returns it and the revision of the register afterwards."""
        before = unit_of_work.dossier_type(self._code)
        if self._created is not None:
            if before is not None:
                raise refuse(Reason.DOSSIER_TYPE_EXISTS, "dossier_type.code", dossier_type=self._code)
            after = self._created
        else:
            if before is None:
                raise _unknown()
            after = _changed(before, self._changes)
            if before.partner not in (None, after.partner) and unit_of_work.is_in_use(self._code):
                raise refuse(Reason.PARTNER_IN_USE, "dossier_type.partner")
        yield from ()
        register, revision = unit_of_work.loaded.register, unit_of_work.revision + (after != before)
        record = write_record(self._call, register, (), (), revision, {"dossier_type": self._code})
        self.recorded = self._call.audit if unit_of_work.record(record) else None
        if after != before:
            detail = {
                "before": dossier_type_json(before) if before else None,
                "after": dossier_type_json(after),
            }
            unit_of_work.put_dossier_type(after, detail, self._stamp)
        return after, revision


def _unknown() -> Refused:
    return refuse(Reason.DOSSIER_TYPE_UNKNOWN, "dossier_type.code")


def _changed(before: DossierType, changes: Mapping[str, object]) -> DossierType:
    declared = dossier_type_json(before)
    declared["identity_changes"] = IdentityChanges[declared["identity_changes"]]
    after = parse_dossier_type("dossier_type", **{**declared, **changes})
    if isinstance(after, list):
        raise Refused(after)
    return after
