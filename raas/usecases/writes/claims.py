"""Comparing the identities claimed in operations with the authentic source, before they are applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from raas.domain.errors import Reason, Violation
from raas.domain.registers.operation import Operation
from raas.usecases.calls.call import Call
from raas.usecases.limits.claim_limits import ClaimLimits
from raas.usecases.ports.persons import Claim, IdentitySource

FIELD = "identity"


async def with_identity_violations(
    call: Call, operations: Sequence[Operation], source: IdentitySource, limits: ClaimLimits | None = None
) -> Sequence[Operation]:
    """The operations; those whose claim differs from the source have IDENTITY_MISMATCH in `violations`.

    Its metadata `fields` are the names of the differing fields, separated by commas; never a value. All
    claims are compared in one request to the source; without claims the operations are returned unchanged.
    An operation whose number or claim could not be read has a violation already and is not compared. A claim
    that differs is counted by `limits`, for the person whichever number is named. Once the claims about a
    person are used up, every one is LIMIT_EXCEEDED, right or wrong: callers cannot find out an identity by
    trying. Raises Refused LIMIT_EXCEEDED when the wrong claims of the day are used up, SourceUnavailable.
    """
    claims: dict[int, Claim] = {
        index: (operation.niss, operation.claim)
        for index, operation in enumerate(operations)
        if operation.claim is not None and operation.niss is not None
    }
    if not claims:
        return operations
    caller, wrong = call.caller.key, 0
    if limits is not None:
        limits.require(caller)
    compared = await source.compare(list(claims.values()))
    checked = list(operations)
    for index, (person, fields) in zip(claims, compared, strict=True):
        refusal = None if limits is None else limits.refusal(caller, person)
        if refusal is not None:
            violation = replace(refusal.violations[0], field=FIELD)
        elif fields:
            wrong += 1
            if limits is not None:
                limits.count(caller, person)
            violation = Violation(FIELD, Reason.IDENTITY_MISMATCH, values={"fields": ",".join(fields)})
        else:
            continue
        operation = checked[index]
        checked[index] = operation._replace(violations=(*operation.violations, violation))
    if limits is not None:
        await limits.count_wrong(caller, wrong)
    return checked
