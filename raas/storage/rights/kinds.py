"""The kinds of rights, each with its table: one place to add another kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from raas.domain.rights.admission import Admission
from raas.domain.rights.authorisation import Authorisation
from raas.domain.rights.credential_block import CredentialBlock
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate
from raas.domain.rights.role import RoleGrant
from raas.domain.rights.snapshot import Right
from raas.storage.connection.query import Row
from raas.storage.rights import admissions, authorisations, blocks, contexts, grants, mandates


@dataclass(frozen=True, slots=True)
class Kind:
    """A table of rights, with the columns `id` (a UUID), `version` and `revoke_time` among others."""

    table: str
    columns: str
    """Those that `read` takes, in order."""
    put: str
    """The statement that adds a row, or changes the one with its id."""
    parameters: Callable[[Any, int], dict[str, Any]]
    """The parameters of `put`: a right, and the version of its change."""
    read: Callable[[Row], Right]


KINDS: dict[type, Kind] = {
    Mandate: Kind("mandate", mandates.COLUMNS, mandates.PUT, mandates.parameters, mandates.mandate_of),
    RoleGrant: Kind("role_grant", grants.COLUMNS, grants.PUT, grants.parameters, grants.grant_of),
    LegalContext: Kind(
        "legal_context", contexts.COLUMNS, contexts.PUT, contexts.parameters, contexts.context_of
    ),
    CredentialBlock: Kind("credential_block", blocks.COLUMNS, blocks.PUT, blocks.parameters, blocks.block_of),
    Authorisation: Kind(
        "authorisation",
        authorisations.COLUMNS,
        authorisations.PUT,
        authorisations.parameters,
        authorisations.authorisation_of,
    ),
    Admission: Kind(
        "admission", admissions.COLUMNS, admissions.PUT, admissions.parameters, admissions.admission_of
    ),
}
"""By the class of the values."""
