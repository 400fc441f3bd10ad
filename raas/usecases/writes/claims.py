"""Comparing the identities claimed in operations with the authentic source, before they are applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from raas.domain.errors import Reason, Violation
from raas.domain.registers.operation import Operation
from raas.usecases.calls.call import Call
from raas.usecases.limits.limits import CLAIMS_PER_PERSON, exceeded
from raas.usecases.limits.rate_limit import RateLimit
from raas.usecases.ports.persons import Claim, IdentitySource

FIELD = "identity"


async def with_identity_violations(
    call: Call, operations: Sequence[Operation], source: IdentitySource, guesses: RateLimit | None = None
) -> Sequence[Operation]:
    """The operations; those whose claim differs from the source have IDENTITY_MISMATCH in `violations`.

    Its metadata `fields` are the names of the differing fields, separated by commas; never a value. All
    claims are compared in one request to the source; without claims the operations are returned unchanged.
    An operation whose number or claim could not be read has a violation already and is not compared. A claim
    that differs spends one of the caller's `guesses` about the person, whichever number is named. Once they
    are spent, every claim about the person is LIMIT_EXCEEDED, right or wrong: callers cannot find out an
    identity by trying. Raises SourceUnavailable.
    """
    claims: dict[int, Claim] = {
        index: (operation.niss, operation.claim)
        for index, operation in enumerate(operations)
        if operation.claim is not None and operation.niss is not None
    }
    if not claims:
        return operations
    compared = await source.compare(list(claims.values()))
    checked = list(operations)
    for index, (person, fields) in zip(claims, compared, strict=True):
        key = (call.caller.key, person)
        wait = 0.0 if guesses is None else guesses.wait(key)
        if guesses is not None and wait:
            violation = replace(exceeded(CLAIMS_PER_PERSON, guesses.burst, wait).violations[0], field=FIELD)
        elif fields:
            if guesses is not None:
                guesses.spend(key)
            violation = Violation(FIELD, Reason.IDENTITY_MISMATCH, values={"fields": ",".join(fields)})
        else:
            continue
        operation = checked[index]
        checked[index] = operation._replace(violations=(*operation.violations, violation))
    return checked
