"""Filters of reads: numbers, dossier types, days, and the instant or revision of the state."""

from __future__ import annotations

from datetime import datetime

from raas.domain.calendar.day import parse_day, parse_period
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid
from raas.rpc.wire.fields import Faults, NissRules, read_codes, read_instant, read_nisses, read_revision
from raas.usecases.ports.read_store import DossierFilter
from raas.usecases.reads.as_of import AsOf
from raas.v1 import decision_pb2, period_pb2, register_service_pb2

DossiersRequest = register_service_pb2.ConsultRequest | register_service_pb2.ExportRequest
AtTimeAsked = (
    register_service_pb2.CheckInscriptionsRequest
    | register_service_pb2.FindRegistersRequest
    | register_service_pb2.ExplainDossierRequest
)
WhenAsked = decision_pb2.InscriptionCheck | register_service_pb2.FindRegistersRequest


def read_filter(request: DossiersRequest, rules: NissRules, faults: Faults) -> DossierFilter:
    """The dossier filter; parts that could not be read are left out, and their violations are in `faults`."""
    nisses = read_nisses("niss", request.niss, rules, faults)
    codes = read_codes("dossier_types", request.dossier_types, faults)
    match request.WhichOneof("period_filter"):
        case "overlaps":
            return DossierFilter(nisses, codes, overlaps=read_period("overlaps", request.overlaps, faults))
        case "active_on":
            return DossierFilter(nisses, codes, active_on=read_day("active_on", request.active_on, faults))
        case "ends_between":
            between = read_period("ends_between", request.ends_between, faults)
            return DossierFilter(nisses, codes, ends_between=between)
        case _:
            return DossierFilter(nisses, codes)


def read_as_of(request: DossiersRequest, faults: Faults) -> AsOf | None:
    """The revision or instant of the state to read; None = now. The use cases check that it is kept."""
    match request.WhichOneof("as_of"):
        case "at_revision":
            return AsOf(revision=read_revision("at_revision", request.at_revision, faults), instant=None)
        case "at_time":
            return AsOf(revision=None, instant=read_instant("at_time", request.at_time, faults))
        case _:
            return None


def read_when(place: str, message: WhenAsked, faults: Faults) -> tuple[int | None, Period | None]:
    """The day or the period to match, at most one of them; `place` is the prefix of the field names."""
    match message.WhichOneof("period_filter"):
        case "active_on":
            return read_day(f"{place}active_on", message.active_on, faults), None
        case "overlaps":
            return None, read_period(f"{place}overlaps", message.overlaps, faults)
        case _:
            return None, None


def read_at_time(request: AtTimeAsked, faults: Faults) -> datetime | None:
    """The instant of the state to read; None = now."""
    return read_instant("at_time", request.at_time, faults) if request.HasField("at_time") else None


def read_period(field: str, message: period_pb2.Period, faults: Faults) -> Period | None:
    """A period; one of its bounds may be absent."""
    period = parse_period(
        field,
        message.begin if message.HasField("begin") else None,
        message.end if message.HasField("end") else None,
        begin_required=False,
    )
    if isinstance(period, list):
        faults.extend(period)
        return None
    return period


def read_day(field: str, text: str, faults: Faults) -> int | None:
    """A day in a field that is present."""
    try:
        return parse_day(text)
    except Invalid as invalid:
        faults.append(invalid.at(field))
        return None


def read_mandatory_day(field: str, text: str, faults: Faults) -> int | None:
    """A day in a mandatory field."""
    if not text:
        faults.append(Violation(field, Reason.REQUIRED))
        return None
    return read_day(field, text, faults)
