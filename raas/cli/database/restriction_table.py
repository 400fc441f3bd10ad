"""Restrictions as commands write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raas.domain.registers.restriction import Restriction

HEADERS = ("ID", "NISS", "TYPE", "DAYS", "REVISIONS", "MADE", "BY", "TICKET", "REASON", "LIFTED")


def _periods(restriction: Restriction) -> list[dict[str, str]]:
    from raas.domain.calendar.day import period_text

    texts = map(period_text, restriction.lines)
    return [{"begin": first} | ({"end": last} if last else {}) for first, last in texts]


def days_text(restriction: Restriction) -> str:
    """The days, such as `2024-01-01..2024-03-31`."""
    return " ".join(f"{each['begin']}..{each.get('end', '')}" for each in _periods(restriction))


def restriction_json(restriction: Restriction) -> dict[str, object]:
    """The restriction as an object of JSON."""
    from raas.domain.numbers.niss import niss_text

    made, lifted = restriction.grounds, restriction.lifted
    shown: dict[str, object] = {
        "id": str(restriction.id),
        "nisses": list(map(niss_text, restriction.nisses)),
        "dossier_type": restriction.dossier_type,
        "periods": _periods(restriction),
        "first_revision": restriction.first_revision,
        "last_revision": restriction.last_revision,
        "time": _time(restriction.time),
        "user": made.user,
        "reason": made.reason,
        "ticket": made.ticket,
    }
    if lifted is None or restriction.lift_time is None:
        return shown
    end = {"user": lifted.user, "reason": lifted.reason, "ticket": lifted.ticket}
    return shown | {"lifted": {"time": _time(restriction.lift_time), **end}}


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()


def restriction_row(restriction: Restriction) -> tuple[object, ...]:
    """The restriction as a row below HEADERS."""
    from raas.domain.numbers.niss import niss_text

    lifted = restriction.lift_time
    return (
        restriction.id,
        " ".join(map(niss_text, restriction.nisses)),
        restriction.dossier_type,
        days_text(restriction),
        f"{restriction.first_revision}..{restriction.last_revision}",
        f"{restriction.time.astimezone(UTC):%Y-%m-%d %H:%M}",
        restriction.grounds.user,
        restriction.grounds.ticket,
        restriction.grounds.reason,
        "" if lifted is None else f"{lifted.astimezone(UTC):%Y-%m-%d %H:%M}",
    )
