"""The fields of identities that a register may see, by the dossier types under which it knows a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.view import VisibleTypes


@dataclass(frozen=True, slots=True)
class IdentityRule:
    """Fields that may be shown of persons known under some dossier types.

    Without `dossier_types` all count. With `partner` those of them count that are kept for this partner.
    """

    fields: frozenset[str]
    dossier_types: VisibleTypes = None
    partner: EnterpriseNumber | None = None


@dataclass(frozen=True, slots=True)
class IdentityFields:
    """The fields that some rules allow together; without rules none."""

    rules: frozenset[IdentityRule] = frozenset()
    authorisations: tuple[UUID, ...] = field(default=(), compare=False)
    """The authorisations that the rules are of, in the order of their ids."""

    @property
    def names_partners(self) -> bool:
        """Whether a rule depends on the partners of dossier types."""
        return any(rule.partner is not None for rule in self.rules)

    def with_partners(self, partners: Mapping[str, EnterpriseNumber]) -> IdentityFields:
        """The same with dossier types instead of partners; `partners` has the partners of dossier types."""
        return replace(self, rules=frozenset(_of_types(rule, partners) for rule in self.rules))

    def of(self, codes: Iterable[str]) -> frozenset[str]:
        """The fields of a person who is known under these dossier types; none without a type.

        A rule that still names a partner allows nothing.
        """
        codes, found = frozenset(codes), frozenset[str]()
        for rule in self.rules:
            types = rule.dossier_types
            applies = bool(codes) if types is None else not codes.isdisjoint(types)
            if applies and rule.partner is None:
                found |= rule.fields
        return found


NO_IDENTITY = IdentityFields()
"""Without an authorisation."""


def _of_types(rule: IdentityRule, partners: Mapping[str, EnterpriseNumber]) -> IdentityRule:
    if rule.partner is None:
        return rule
    kept = frozenset(code for code, partner in partners.items() if partner == rule.partner)
    types = rule.dossier_types
    return IdentityRule(rule.fields, kept if types is None else kept & types)
