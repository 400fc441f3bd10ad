"""RegisterService: the calls that decide over several registers."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from raas.concurrency.slices import run_in_slices
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.decisions import check_response, read_checks, routing_response
from raas.rpc.wire.fields import read_codes
from raas.rpc.wire.filters import read_at_time, read_when
from raas.usecases.calls.audit.scope import RegisterPart
from raas.usecases.reads.check import Check, CheckInscriptions, Decision, DecisionReason
from raas.usecases.reads.find_registers import FindRegisters
from raas.v1 import register_service_pb2 as v1


class Decisions:
    """CheckInscriptions and FindRegisters."""

    def __init__(self, check: CheckInscriptions, routing: FindRegisters, scopes: RequestScopes) -> None:
        self._check = check
        self._routing = routing
        self._access = scopes.access
        self._request = scopes.open

    async def CheckInscriptions(
        self, request: v1.CheckInscriptionsRequest, context: object
    ) -> v1.CheckInscriptionsResponse:
        """Decide whether persons are inscribed."""
        async with self._request() as r:
            checks = await run_in_slices(read_checks(request, r.rules, r.faults))
            at_time = read_at_time(request, r.faults)
            parts = r.audit.by_register = _by_register(checks)
            admit = await self._access.admitting(r.call, (check.register for check in checks.values()))
            if r.faults:
                r.refuse_faults(await self._check.violations(checks, at_time, admit))
            own = r.call.caller.acts_as
            foreign = [check.niss for check in checks.values() if check.register != own]
            if foreign:
                r.budget.require(set(foreign))
            answer = await self._check.decide(checks, at_time, admit)
            if len(parts) == 1:
                (r.tally.register,) = parts
            decided = list(zip(checks.values(), answer.decisions, strict=True))
            unknown = [c.niss for c, d in decided if d.reason is DecisionReason.NISS_UNKNOWN]
            await r.budget.count_unknown(unknown)
            await r.budget.show(set(foreign).difference(unknown))
            r.audit.by_register = {
                register: part._replace(
                    shown=_shown(register, decided), details=self._access.grounds(r.call, register)
                )
                for register, part in parts.items()
            }
            return check_response(checks, answer)

    async def FindRegisters(
        self, request: v1.FindRegistersRequest, context: object
    ) -> v1.FindRegistersResponse:
        """Find the registers that know a person."""
        async with self._request() as r:
            niss = r.niss("niss", request.niss)
            codes = read_codes("dossier_types", request.dossier_types, r.faults)
            active_on, overlaps = read_when("", request, r.faults)
            at_time = read_at_time(request, r.faults)
            view = self._access.routed_view(r.call)
            if r.faults:
                r.refuse_faults(() if niss is None else await self._routing.violations(niss, at_time, view))
            assert niss is not None
            r.budget.require((niss,))
            answer = await self._routing.find(niss, codes, active_on, overlaps, at_time, view)
            await r.budget.show((niss,))
            r.audit.shown = chain(*answer.resolved)
            registers = {match.register for match in answer.matches}
            r.audit.note(registers=[enterprise_number_text(number) for number in sorted(registers)])
            return routing_response(answer)


def _by_register(checks: Mapping[int, Check]) -> dict[EnterpriseNumber, RegisterPart]:
    nisses: dict[EnterpriseNumber, list[Niss]] = {}
    for check in checks.values():
        nisses.setdefault(check.register, []).append(check.niss)
    return {register: RegisterPart(numbers) for register, numbers in nisses.items()}


def _shown(register: EnterpriseNumber, decided: Iterable[tuple[Check, Decision]]) -> list[Niss]:
    """The numbers that the decisions about a register show."""
    return [
        decision.successor_niss
        for check, decision in decided
        if check.register == register and decision.successor_niss is not None
    ]
