"""The one use of a page token: this RPC, this caller, this register, this filter.

A token carries a hash of its use. The bytes that are hashed are a form that outlives a version of the
server: docs/stored-forms.md describes it, and nothing in it comes from a name or a `repr` of Python.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from raas.domain.billing import month_text
from raas.domain.calendar.day import day_text, period_text
from raas.domain.calendar.periods import Period
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.call import Call
from raas.usecases.ports.audit.search import AuditFilter
from raas.usecases.ports.billing import UsageFilter
from raas.usecases.ports.log import LogFilter
from raas.usecases.ports.read_store import DossierFilter


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """The history of a person, in dossiers of one type or (None) of all types."""

    niss: Niss
    dossier_type: str | None


@dataclass(frozen=True, slots=True)
class RightsFilter:
    """The rights of a list; None = not restricted. `role` is the value of a Role."""

    register: EnterpriseNumber | None
    organisation: EnterpriseNumber | None
    """The mandatary, or the organisation that has the role."""
    role: int | None
    active_on: int | None
    service: str | None = None
    """The network service of an authorisation."""


TokenFilter = DossierFilter | LogFilter | HistoryFilter | RightsFilter | UsageFilter | AuditFilter | None
"""The filters that a token can be bound to; None = the RPC has no filter."""


def token_use(call: Call, register_id: int | None, which: TokenFilter) -> str:
    """The use of a token in form 2: SHA-256, in hexadecimal, of canonical JSON.

    Canonical JSON: names sorted, no blanks, ASCII only, whole numbers and texts; an absent field is left out.
    """
    use = _present(
        rpc=call.rpc,
        caller=call.caller.enterprise_number,
        application=call.caller.application,
        on_behalf_of=call.caller.on_behalf_of,
        register=register_id,
        filter=_filter_fields(which),
    )
    return sha256(json.dumps(use, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def token_use_in_form_1(call: Call, register_id: int | None, which: TokenFilter) -> str:
    """The use of a token as releases before 0.2 hashed it: the `repr` of a Python value.

    Only for tokens that were made before an upgrade: the release after this one no longer reads them.
    """
    use = f"{call.rpc}\n{call.caller.enterprise_number}\n{register_id}\n{_filter_text_of_form_1(which)}"
    return sha256(use.encode()).hexdigest()


def _filter_fields(which: TokenFilter) -> dict[str, Any]:
    match which:
        case None:
            return {}
        case DossierFilter():
            return _present(
                of="dossiers",
                nisses=list(which.nisses),
                dossier_types=list(which.dossier_types),
                overlaps=_period_fields(which.overlaps),
                active_on=None if which.active_on is None else day_text(which.active_on),
                ends_between=_period_fields(which.ends_between),
            )
        case LogFilter():
            return _present(
                of="mutations",
                dossier_types=list(which.dossier_types),
                kinds=list(which.kinds),
                nisses=list(which.nisses),
            )
        case RightsFilter():
            return _present(
                of="rights",
                register=which.register,
                organisation=which.organisation,
                role=which.role,
                active_on=None if which.active_on is None else day_text(which.active_on),
                service=which.service,
            )
        case UsageFilter():
            return _present(
                of="usage",
                first_month=month_text(which.first_month),
                last_month=month_text(which.last_month),
                caller=which.caller,
                register=which.register,
            )
        case AuditFilter():
            return _present(
                of="audit",
                nisses=list(which.nisses),
                register=which.register,
                caller=which.caller,
                from_time=which.from_time,
                until_time=which.until_time,
                rpcs=list(which.rpcs),
                outcomes=list(which.outcomes),
                hides=None if which.hidden_on is None else 1,
            )
        case HistoryFilter():
            return _present(of="history", niss=which.niss, dossier_type=which.dossier_type)


def _period_fields(period: Period | None) -> dict[str, Any]:
    if period is None:
        return {}
    first, last = period_text(period)
    return _present(begin=first, end=last)


def _present(**fields: Any) -> dict[str, Any]:
    """The fields that are given: a later version can add a field without changing the form of the others."""
    return {name: value for name, value in fields.items() if value not in (None, [], {})}


def _filter_text_of_form_1(which: TokenFilter) -> str:
    match which:
        case None:
            return "None"
        case DossierFilter():
            return (
                f"DossierFilter(nisses={which.nisses!r}, dossier_types={which.dossier_types!r}, "
                f"overlaps={_period_text_of_form_1(which.overlaps)}, active_on={which.active_on!r}, "
                f"ends_between={_period_text_of_form_1(which.ends_between)})"
            )
        case LogFilter():
            return (
                f"LogFilter(dossier_types={which.dossier_types!r}, kinds={which.kinds!r}, "
                f"type_ids={which.type_ids!r}, nisses={which.nisses!r})"
            )
        case RightsFilter() | UsageFilter() | AuditFilter():
            return "these lists had no tokens of form 1"
        case HistoryFilter():
            return f"({which.niss!r}, {which.dossier_type!r})"


def _period_text_of_form_1(period: Period | None) -> str:
    return "None" if period is None else f"Period(begin={period.begin}, end={period.end})"
