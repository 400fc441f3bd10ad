"""A dossier type: a role in which a register knows persons, declared before it is used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from raas.domain.calendar.age import Age
from raas.domain.calendar.day import day_text, parse_bound
from raas.domain.calendar.duration import parse_duration
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import EnterpriseNumber, parse_enterprise_number
from raas.domain.numbers.network_code import network_code_violations
from raas.domain.text import text_violations

LABEL_LANGUAGES = ("fr", "nl", "de", "en")
LABEL_LIMIT = 256
QUALITY_CODE_LIMIT = 16

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")


class IdentityChanges(Enum):
    """Which changes of identity a register records; names and values equal those of the proto enum.

    WHILE_INSCRIBED: a line covers the effective date or the day of recording; WHILE_KNOWN: there is a line.
    """

    NONE = 1
    WHILE_INSCRIBED = 2
    WHILE_KNOWN = 3


@dataclass(frozen=True, slots=True)
class DossierType:
    """A role in which a register knows persons.

    `labels`: language (fr, nl, de, en) to name. `quality_code`: the older numeric code of the same role.
    `partner`: the institution an integrator keeps these dossiers for. `active_from` and `active_until`:
    Days, both inclusive, between which an inscription must begin; None = no bound.
    """

    code: str
    labels: Mapping[str, str]
    quality_code: str | None = None
    partner: EnterpriseNumber | None = None
    active_from: int | None = None
    active_until: int | None = None
    identity_changes: IdentityChanges = IdentityChanges.WHILE_KNOWN
    partner_sector: int | None = None
    """The older codes of the partner, each 0 to 999."""
    partner_institution: int | None = None
    keep_after_end: Age | None = None
    """How long lines are kept after their last day; None = until a call removes them."""

    def admits(self, begin: int) -> bool:
        """Whether an inscription may begin on that day; where it ends does not matter."""
        return (self.active_from is None or self.active_from <= begin) and (
            self.active_until is None or begin <= self.active_until
        )

    def closed(self, field: str) -> Violation:
        """The violation of an inscription, begun on the day in `field`, that the type does not admit."""
        bounds = {"active_from": self.active_from, "active_until": self.active_until}
        values = {name: day_text(day) for name, day in bounds.items() if day is not None}
        if self.active_until is None:
            sentence = "DOSSIER_TYPE_CLOSED_BEFORE"
        elif self.active_from is None:
            sentence = "DOSSIER_TYPE_CLOSED_AFTER"
        else:
            sentence = "DOSSIER_TYPE_CLOSED_OUTSIDE"
        return Violation(field, Reason.DOSSIER_TYPE_CLOSED, sentence, values)


def parse_dossier_type(
    field: str,
    code: str,
    labels: Mapping[str, str],
    quality_code: str | None = None,
    partner: str | None = None,
    active_from: str | None = None,
    active_until: str | None = None,
    identity_changes: IdentityChanges = IdentityChanges.WHILE_KNOWN,
    partner_sector: int | None = None,
    partner_institution: int | None = None,
    keep_after_end: str | None = None,
) -> DossierType | list[Violation]:
    """The dossier type a caller declares, or everything that is wrong with it.

    None is absent; an empty text never is. Violations are at `field.code`, `field.labels[fr]` and so on.
    """
    violations: list[Violation] = []

    def bound(name: str, text: str | None) -> int | None:
        try:
            return None if text is None else parse_bound(text)
        except Invalid as invalid:
            violations.append(invalid.at(f"{field}.{name}"))
            return None

    if not code:
        violations.append(Violation(f"{field}.code", Reason.REQUIRED))
    elif _CODE.fullmatch(code) is None:
        violations.append(Violation(f"{field}.code", Reason.VALUE_INVALID, "DOSSIER_TYPE_CODE_FORMAT"))
    for language, label in sorted(labels.items()):
        if language in LABEL_LANGUAGES:
            violations += text_violations(f"{field}.labels[{language}]", label, LABEL_LIMIT)
        else:
            violations.append(Violation(f"{field}.labels", Reason.VALUE_INVALID, "LABEL_LANGUAGE_UNKNOWN"))
    if quality_code is not None:
        violations += text_violations(f"{field}.quality_code", quality_code, QUALITY_CODE_LIMIT)
    partner_number = None
    if partner is not None:
        try:
            partner_number = parse_enterprise_number(partner)
        except Invalid as invalid:
            violations.append(invalid.at(f"{field}.partner"))
    first, last = bound("active_from", active_from), bound("active_until", active_until)
    if first is not None and last is not None and last < first:
        violations.append(
            Violation(f"{field}.active_until", Reason.VALUE_INVALID, "VALIDITY_END_BEFORE_BEGIN")
        )
    violations += network_code_violations(f"{field}.partner_sector", partner_sector)
    violations += network_code_violations(f"{field}.partner_institution", partner_institution)
    keep = None
    if keep_after_end is not None:
        try:
            keep = parse_duration(keep_after_end)
        except Invalid as invalid:
            violations.append(invalid.at(f"{field}.keep_after_end"))
    return violations or DossierType(
        code,
        dict(labels),
        quality_code,
        partner_number,
        first,
        last,
        identity_changes,
        partner_sector,
        partner_institution,
        keep,
    )
