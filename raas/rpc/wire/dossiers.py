"""Dossiers and their lines as messages, or as the bytes of messages where there may be many."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from raas.domain.calendar.day import OPEN, day_text
from raas.domain.calendar.periods import Lines, Period
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.rpc.wire.encoding import lines_bytes, nested, number_tag, text_tag, varint
from raas.usecases.ports.read_store import DossierView
from raas.v1 import dossier_pb2, niss_pb2, period_pb2

_NISS = nested(text_tag(dossier_pb2.Dossier.NISS_FIELD_NUMBER), bytes(11))[:2]
_PERIODS = text_tag(dossier_pb2.Dossier.PERIODS_FIELD_NUMBER)
_REVISION = number_tag(dossier_pb2.Dossier.REVISION_FIELD_NUMBER)


def period_messages(lines: Lines) -> list[period_pb2.Period]:
    """The lines as periods, both days inclusive, without `end` where they are open; not to be modified."""
    return [_period_message(line) for line in lines]


@lru_cache(maxsize=65_536)
def _period_message(line: Period) -> period_pb2.Period:
    begin, end = line
    if end >= OPEN:
        return period_pb2.Period(begin=day_text(begin))
    return period_pb2.Period(begin=day_text(begin), end=day_text(end - 1))


def dossier_message(register: str, view: DossierView) -> dossier_pb2.Dossier:
    """A dossier of the register with this number, ten digits."""
    return dossier_pb2.Dossier(
        register=register,
        niss=niss_text(view.niss),
        dossier_type=view.dossier_type,
        periods=period_messages(view.lines),
        revision=view.revision,
        partner=partner_text(view.partner),
    )


def dossier_messages(register: EnterpriseNumber, views: Iterable[DossierView]) -> list[dossier_pb2.Dossier]:
    """Dossiers of one register, in their order."""
    text = enterprise_number_text(register)
    return [dossier_message(text, view) for view in views]


def dossier_bytes(
    register: EnterpriseNumber,
    niss: Niss,
    dossier_type: str,
    partner: EnterpriseNumber | None,
    lines: Lines,
    revision: int,
) -> bytes:
    """A dossier as the bytes of its message."""
    return b"".join(
        (
            _frame(register, dossier_type, partner),
            _NISS,
            niss_text(niss).encode(),
            lines_bytes(_PERIODS, lines),
            _REVISION + varint(revision) if revision else b"",
        )
    )


@lru_cache(maxsize=16_384)
def _frame(register: EnterpriseNumber, dossier_type: str, partner: EnterpriseNumber | None) -> bytes:
    """The fields that all dossiers of one type share."""
    return dossier_pb2.Dossier(
        register=enterprise_number_text(register), dossier_type=dossier_type, partner=partner_text(partner)
    ).SerializeToString()


def dossiers_bytes(tag: bytes, register: EnterpriseNumber, views: Iterable[DossierView]) -> bytes:
    """Dossiers of one register as the elements of a repeated field with this tag."""
    return b"".join(
        [
            nested(tag, dossier_bytes(register, v.niss, v.dossier_type, v.partner, v.lines, v.revision))
            for v in views
        ]
    )


def partner_text(partner: EnterpriseNumber | None) -> str | None:
    """The ten digits of the partner; None without a partner."""
    return None if partner is None else enterprise_number_text(partner)


def resolved_messages(resolved: Iterable[tuple[Niss, Niss]]) -> list[niss_pb2.ResolvedNiss]:
    """The numbers that were replaced by their successors in a read."""
    return [
        niss_pb2.ResolvedNiss(niss=niss_text(asked), successor_niss=niss_text(successor))
        for asked, successor in resolved
    ]
