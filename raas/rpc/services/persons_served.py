"""Whether this server serves persons, and what of them it shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from raas.domain.errors import Reason, Refused, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.persons.confrontation import CLAIM_FIELDS
from raas.domain.persons.stored_identity import IDENTITY_FIELDS
from raas.domain.rights.identity_fields import NO_IDENTITY
from raas.rpc.services.use_cases import PersonUseCases
from raas.usecases.calls.access import AccessControl, AdmittedRegister
from raas.usecases.calls.call import Call


class PersonsServed:
    """The use cases of PersonService, where this store is the authentic source."""

    def __init__(self, use_cases: PersonUseCases | None) -> None:
        self._use_cases = use_cases

    @property
    def use_cases(self) -> PersonUseCases:
        """The use cases. Raises Refused PERSONS_KEPT_ELSEWHERE where this store keeps no persons."""
        if self._use_cases is None:
            raise refuse(Reason.PERSONS_KEPT_ELSEWHERE)
        return self._use_cases


class ShownFields:
    """The fields of identities that the answers of PersonService show, person by person."""

    def __init__(self, persons: PersonsServed, access: AccessControl) -> None:
        self._persons = persons
        self._access = access

    @property
    def today(self) -> int:
        """The day in Belgium by which dossier types count."""
        return self._access.rights.moment().day

    async def of_types(self, call: Call, register: AdmittedRegister, types: frozenset[str]) -> frozenset[str]:
        """The fields of a person whom the register knows today under these dossier types."""
        return (await self._access.identity_fields(call, register)).of(types)

    async def of_person(self, call: Call, register: AdmittedRegister, niss: Niss) -> frozenset[str]:
        """The fields of a person, who may be known to the register or not."""
        return (await self._of(call, register, [niss]))[niss]

    async def of_candidates(self, call: Call, nisses: Collection[Niss]) -> Mapping[Niss, frozenset[str]]:
        """The fields of persons among whom the caller chooses, which it needs not know.

        They are those that tell persons apart, and for persons whom its register knows today those that an
        authorisation allows.
        """
        register = await self._own_register(call)
        allowed = dict.fromkeys(nisses, _TELL_APART)
        if register is not None:
            for niss, fields in (await self._of(call, register, nisses)).items():
                allowed[niss] |= fields
        return allowed

    async def _of(
        self, call: Call, register: AdmittedRegister, nisses: Collection[Niss]
    ) -> Mapping[Niss, frozenset[str]]:
        identity = await self._access.identity_fields(call, register)
        if identity == NO_IDENTITY or not nisses:
            return dict.fromkeys(nisses, frozenset())
        types = await self._persons.use_cases.read.types_on(register, nisses, self.today)
        return {niss: identity.of(types.get(niss, ())) for niss in nisses}

    async def _own_register(self, call: Call) -> AdmittedRegister | None:
        try:
            return await self._access.admit_id(call, None)
        except Refused as refused:
            if refused.violations[0].reason is Reason.REGISTER_UNKNOWN:
                return None
            raise


ALL_FIELDS = frozenset(IDENTITY_FIELDS)
"""The fields that the authentic source sees: all, since it keeps the identities."""

_TELL_APART = frozenset(CLAIM_FIELDS)
