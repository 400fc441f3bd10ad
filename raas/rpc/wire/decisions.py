"""Requests and answers of CheckInscriptions, FindRegisters and ListStaleNiss."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.numbers.niss import niss_text
from raas.rpc.wire.dossiers import dossier_messages, partner_text, period_messages, resolved_messages
from raas.rpc.wire.fields import (
    LIST_LIMIT,
    ROW_VIOLATIONS,
    Faults,
    NissRules,
    read_codes,
    read_enterprise_number,
    read_niss,
    within_batch,
)
from raas.rpc.wire.filters import read_when
from raas.usecases.reads.check import Check, CheckAnswer
from raas.usecases.reads.find_registers import RoutingAnswer
from raas.usecases.reads.stale_niss import Stale
from raas.v1 import decision_pb2, niss_pb2, register_service_pb2

_SLICE = 50


def read_checks(
    request: register_service_pb2.CheckInscriptionsRequest, rules: NissRules, faults: Faults
) -> Generator[None, None, dict[int, Check]]:
    """The checks, 1 to 1,000, by their place; those that cannot be read are left out and among the faults.

    A generator that yields now and then, so that other tasks can run.
    """
    if not request.checks:
        faults.append(Violation("checks", Reason.REQUIRED))
    if not within_batch("checks", request.checks, LIST_LIMIT, faults):
        return {}
    checks = {}
    for index, message in enumerate(request.checks):
        if index % _SLICE == _SLICE - 1:
            yield
        wrong: Faults = []
        check = _check(message, rules, wrong)
        faults.extend(violation.below(f"checks[{index}]") for violation in wrong[:ROW_VIOLATIONS])
        if check is not None:
            checks[index] = check
    return checks


def _check(message: decision_pb2.InscriptionCheck, rules: NissRules, faults: Faults) -> Check | None:
    register = None
    if message.register:
        register = read_enterprise_number("register", message.register, faults)
    else:
        faults.append(Violation("register", Reason.REQUIRED))
    niss = read_niss("niss", message.niss, rules, faults)
    codes = read_codes("dossier_types", message.dossier_types, faults)
    active_on, overlaps = read_when("", message, faults)
    if register is None or niss is None:
        return None
    return Check(register, niss, codes, active_on, overlaps)


def check_response(
    checks: Mapping[int, Check], answer: CheckAnswer
) -> register_service_pb2.CheckInscriptionsResponse:
    """One decision per check, in their order."""
    response = register_service_pb2.CheckInscriptionsResponse(
        decisions=[
            decision_pb2.Decision(
                inscribed=decision.inscribed,
                reason=decision_pb2.DecisionReason.Value(f"DECISION_REASON_{decision.reason.name}"),
                dossiers=dossier_messages(check.register, decision.dossiers),
                revision=decision.revision,
                successor_niss=None
                if decision.successor_niss is None
                else niss_text(decision.successor_niss),
            )
            for check, decision in zip(checks.values(), answer.decisions, strict=True)
        ],
        first_dossiers_only=answer.first_dossiers_only,
    )
    response.decision_time.FromDatetime(answer.decision_time)
    return response


def routing_response(answer: RoutingAnswer) -> register_service_pb2.FindRegistersResponse:
    """The registers that know a person, with their dossiers."""
    response = register_service_pb2.FindRegistersResponse(
        matches=[
            register_service_pb2.RegisterMatch(
                register=enterprise_number_text(match.register),
                dossier_type=match.dossier_type,
                partner=partner_text(match.partner),
                periods=period_messages(match.lines),
                revision=match.revision,
            )
            for match in answer.matches
        ],
        resolved=resolved_messages(answer.resolved),
    )
    response.decision_time.FromDatetime(answer.decision_time)
    return response


def stale_message(stale: Stale) -> niss_pb2.StaleNiss:
    """A registered number that is not, or no longer, active at the authentic source."""
    status = stale.status
    return niss_pb2.StaleNiss(
        niss=niss_text(stale.niss),
        status=None if status is None else status.value,  # type: ignore[arg-type]
        successor_niss=None if stale.successor is None else niss_text(stale.successor),
        dossier_types=stale.dossier_types,
    )
