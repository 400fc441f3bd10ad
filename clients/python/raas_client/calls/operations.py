"""Operations of ApplyBatch and Import."""

from __future__ import annotations

from raas.v1.identity_pb2 import IdentityClaim
from raas.v1.inscription_pb2 import Inscription, Removal
from raas.v1.niss_pb2 import ReplacedNissPolicy
from raas.v1.register_service_pb2 import BatchOperation
from raas_client.days import Day, period


def inscription(
    niss: str,
    dossier_type: str,
    begin: Day,
    end: Day | None = None,
    *,
    identity: IdentityClaim | None = None,
    refuse_replaced: bool = False,
) -> BatchOperation:
    """Add a period to a dossier; without `end` it is open.

    `identity`: the caller's data about the person; refused with IdentityMismatch where they differ from the
    authentic source. `refuse_replaced`: refuse a replaced number with NissReplaced instead of applying the
    operation to its successor.
    """
    return BatchOperation(
        inscribe=Inscription(
            niss=niss,
            dossier_type=dossier_type,
            period=period(begin, end),
            identity=identity,
            replaced_niss_policy=replaced_niss_policy(refuse_replaced),
        )
    )


def removal(
    niss: str,
    dossier_type: str,
    begin: Day | None = None,
    end: Day | None = None,
    *,
    refuse_replaced: bool = False,
) -> BatchOperation:
    """Remove a period from a dossier; without bounds the whole dossier."""
    return BatchOperation(
        remove=Removal(
            niss=niss,
            dossier_type=dossier_type,
            period=None if begin is None and end is None else period(begin, end),
            replaced_niss_policy=replaced_niss_policy(refuse_replaced),
        )
    )


def replaced_niss_policy(refuse_replaced: bool) -> ReplacedNissPolicy.ValueType:
    """The policy for a replaced number: refuse or follow."""
    if refuse_replaced:
        return ReplacedNissPolicy.REPLACED_NISS_POLICY_REFUSE
    return ReplacedNissPolicy.REPLACED_NISS_POLICY_FOLLOW
