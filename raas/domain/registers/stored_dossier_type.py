"""A dossier type as JSON values, in the detail of a mutation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raas.domain.calendar.day import day_text, parse_day
from raas.domain.calendar.duration import duration_text, parse_duration
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.registers.dossier_type import DossierType, IdentityChanges


def dossier_type_json(dossier_type: DossierType) -> dict[str, Any]:
    """The fields by name: days as `YYYY-MM-DD`, the partner as ten digits, absent ones as None.

    `keep_after_end` is an ISO 8601 duration.
    """
    t = dossier_type
    return {
        "code": t.code,
        "labels": dict(t.labels),
        "quality_code": t.quality_code,
        "partner": None if t.partner is None else enterprise_number_text(t.partner),
        "active_from": None if t.active_from is None else day_text(t.active_from),
        "active_until": None if t.active_until is None else day_text(t.active_until),
        "identity_changes": t.identity_changes.name,
        "partner_sector": t.partner_sector,
        "partner_institution": t.partner_institution,
        "keep_after_end": None if t.keep_after_end is None else duration_text(t.keep_after_end),
    }


def dossier_type_from_json(fields: Mapping[str, Any]) -> DossierType:
    """The dossier type that `dossier_type_json` wrote."""
    keep = fields.get("keep_after_end")
    return DossierType(
        fields["code"],
        fields["labels"],
        fields["quality_code"],
        None if fields["partner"] is None else EnterpriseNumber(int(fields["partner"])),
        None if fields["active_from"] is None else parse_day(fields["active_from"]),
        None if fields["active_until"] is None else parse_day(fields["active_until"]),
        IdentityChanges[fields["identity_changes"]],
        # Mutations of earlier versions have none.
        fields.get("partner_sector"),
        fields.get("partner_institution"),
        None if keep is None else parse_duration(keep),
    )
