"""Explanations as messages."""

from __future__ import annotations

from raas.domain.numbers.niss import niss_text
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.view import RegisterView
from raas.domain.sentences import sentence
from raas.rpc.wire.dossiers import resolved_messages
from raas.rpc.wire.mutations.messages import shown_mutation
from raas.usecases.reads.explain import Explanation
from raas.v1 import register_service_pb2


def explanation_response(
    explanation: Explanation, view: RegisterView, identity: IdentityFields, language: str
) -> register_service_pb2.ExplainDossierResponse:
    """Why a person is, or is not, known, with a sentence in the language of the call.

    `view` is the part of the register that the caller sees, `identity` the fields of identities.
    """
    mutation = explanation.mutation
    return register_service_pb2.ExplainDossierResponse(
        known=explanation.known,
        mutation=None if mutation is None else shown_mutation(mutation, view, identity),
        former_niss=[niss_text(niss) for niss in explanation.numbers[1:]],
        sentence=sentence(explanation.sentence, language, explanation.values),
        resolved=resolved_messages(explanation.resolved),
        revision=explanation.revision,
    )
