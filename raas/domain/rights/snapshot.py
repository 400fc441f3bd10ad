"""All rights that are valid, or may become valid, as of one version of the rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from raas.domain.callers.credential import Credential
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.rights.admission import Admission
from raas.domain.rights.authorisation import PERSON_IDENTITY, Authorisation
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock, features_of
from raas.domain.rights.identity_fields import NO_IDENTITY, IdentityFields
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.view import RegisterView, union

Right = Mandate | RoleGrant | LegalContext | CredentialBlock | Authorisation | Admission
"""A row of the rights. Every kind has an id and is never deleted: what ends is marked as revoked."""

_ADMINISTRATORS_NEEDED = 2

_Key = TypeVar("_Key")
_Right = TypeVar("_Right", Mandate, RoleGrant, LegalContext, CredentialBlock, Authorisation, Admission)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant by the clock of the database, and the day in Belgium on which it falls."""

    instant: datetime
    day: int


@dataclass(frozen=True, slots=True)
class RightsSnapshot:
    """The rights as of `version`, indexed for decisions; every question is answered as of a moment.

    `first_administrators` are the organisations that the settings name. They count as administrators while
    fewer than two organisations that are not blocked hold a confirmed and valid grant of that role.
    """

    version: int = 0
    first_administrators: frozenset[EnterpriseNumber] = frozenset()
    mandates: Mapping[tuple[EnterpriseNumber, EnterpriseNumber], Mapping[UUID, Mandate]] = field(
        default_factory=dict
    )
    """By mandatary and register."""
    grants: Mapping[EnterpriseNumber, Mapping[UUID, RoleGrant]] = field(default_factory=dict)
    """By organisation."""
    administrators: Mapping[UUID, RoleGrant] = field(default_factory=dict)
    """All grants of the role ADMINISTRATOR."""
    contexts: Mapping[tuple[EnterpriseNumber, str], Mapping[UUID, LegalContext]] = field(default_factory=dict)
    """By organisation and legal context."""
    blocks: Mapping[tuple[BlockedBy, str], Mapping[UUID, CredentialBlock]] = field(default_factory=dict)
    """By the feature that is blocked and its value."""
    authorisations: Mapping[EnterpriseNumber, Mapping[UUID, Authorisation]] = field(default_factory=dict)
    """By register."""
    admissions: Mapping[EnterpriseNumber, Mapping[UUID, Admission]] = field(default_factory=dict)
    """By organisation."""

    def after(self, version: int, rows: Iterable[Right], moment: Moment) -> RightsSnapshot:
        """The snapshot after these rows were added or changed; rights that have ended are left out."""
        mandates, grants = dict(self.mandates), dict(self.grants)
        administrators = dict(self.administrators)
        contexts, blocks = dict(self.contexts), dict(self.blocks)
        authorisations, admissions = dict(self.authorisations), dict(self.admissions)
        for row in rows:
            match row:
                case Mandate():
                    kept = row.may_become_valid(moment.day, moment.instant)
                    _put(mandates, (row.mandatary, row.register), row, kept)
                case RoleGrant():
                    kept = row.may_become_valid(moment.day)
                    _put(grants, row.organisation, row, kept)
                    if row.role is Role.ADMINISTRATOR:
                        administrators.pop(row.id, None)
                        if kept:
                            administrators[row.id] = row
                case LegalContext():
                    kept = row.may_become_valid(moment.day)
                    _put(contexts, (row.organisation, row.legal_context), row, kept)
                case CredentialBlock():
                    _put(blocks, (row.feature, row.value), row, row.revoke_time is None)
                case Authorisation():
                    _put(authorisations, row.register, row, row.may_become_valid(moment.day))
                case Admission():
                    _put(admissions, row.organisation, row, row.is_valid(moment.day))
        return replace(
            self,
            version=version,
            mandates=mandates,
            grants=grants,
            administrators=administrators,
            contexts=contexts,
            blocks=blocks,
            authorisations=authorisations,
            admissions=admissions,
        )

    def view(
        self,
        mandatary: EnterpriseNumber,
        register: EnterpriseNumber,
        permission: MandatePermission,
        moment: Moment,
    ) -> RegisterView | None:
        """The part of a register that an organisation sees by its mandates; None without a valid one."""
        return union(mandate.view for mandate in self.mandates_of(mandatary, register, permission, moment))

    def mandates_of(
        self,
        mandatary: EnterpriseNumber,
        register: EnterpriseNumber,
        permission: MandatePermission,
        moment: Moment,
    ) -> list[Mandate]:
        """The valid mandates of an organisation on a register."""
        mandates = self.mandates.get((mandatary, register))
        if mandates is None:
            return []
        return [
            mandate
            for mandate in mandates.values()
            if permission in mandate.permissions and mandate.is_valid(moment.day, moment.instant)
        ]

    def grants_of(self, organisation: EnterpriseNumber, role: Role, moment: Moment) -> list[RoleGrant]:
        """The valid grants of a role; empty also for an administrator whom only the settings name."""
        grants = self.grants.get(organisation)
        return (
            [grant for grant in grants.values() if grant.role is role and grant.is_valid(moment.day)]
            if grants
            else []
        )

    def has_role(self, organisation: EnterpriseNumber, role: Role, moment: Moment) -> bool:
        """Whether an organisation has a role."""
        if self.grants_of(organisation, role, moment):
            return True
        return (
            role is Role.ADMINISTRATOR
            and organisation in self.first_administrators
            and not self.grants_of(organisation, Role.AUDITOR, moment)
            and not self._administrators_suffice(moment)
        )

    def is_blocked(self, credential: Credential) -> bool:
        """Whether a feature of the credential is blocked."""
        blocks = self.blocks
        return bool(blocks) and any(feature in blocks for feature in features_of(credential))

    def is_blocked_organisation(self, organisation: EnterpriseNumber) -> bool:
        """Whether an organisation is blocked as a whole."""
        return (BlockedBy.ENTERPRISE_NUMBER, enterprise_number_text(organisation)) in self.blocks

    def is_admitted(self, organisation: EnterpriseNumber, moment: Moment) -> bool:
        """Whether an organisation has a valid admission to production."""
        return any(each.is_valid(moment.day) for each in self.admissions.get(organisation, {}).values())

    def contexts_of(
        self, organisation: EnterpriseNumber, legal_context: str, rpc: str, moment: Moment
    ) -> list[LegalContext]:
        """The valid entries of the catalogue that allow an organisation this RPC in this legal context."""
        entries = self.contexts.get((organisation, legal_context), {})
        return [each for each in entries.values() if rpc in each.rpcs and each.is_valid(moment.day)]

    def identity_fields(
        self, register: EnterpriseNumber, legal_context: str | None, moment: Moment
    ) -> IdentityFields:
        """The fields of identities that a register may see in a legal context (None = in none)."""
        authorisations = self.authorisations.get(register)
        if authorisations is None:
            return NO_IDENTITY
        valid = [
            each
            for each in authorisations.values()
            if each.service == PERSON_IDENTITY
            and each.legal_context in (None, legal_context)
            and each.is_valid(moment.day)
        ]
        return IdentityFields(
            frozenset(each.identity_rule for each in valid), tuple(sorted(each.id for each in valid))
        )

    def next_end(self, instant: datetime) -> datetime | None:
        """The next instant, after this one, at which a right ends within a day."""
        ends = (m.expire_time for mandates in self.mandates.values() for m in mandates.values())
        return min((end for end in ends if end is not None and end > instant), default=None)

    def _administrators_suffice(self, moment: Moment) -> bool:
        valid = {g.organisation for g in self.administrators.values() if g.is_valid(moment.day)}
        # One that is blocked cannot help: with it, an administrator could lock all the others out.
        return sum(not self.is_blocked_organisation(each) for each in valid) >= _ADMINISTRATORS_NEEDED


def _put(index: dict[_Key, Mapping[UUID, _Right]], key: _Key, right: _Right, kept: bool) -> None:
    rights = {id_: each for id_, each in index.get(key, {}).items() if id_ != right.id}
    if kept:
        rights[right.id] = right
    if rights:
        index[key] = rights
    else:
        index.pop(key, None)
