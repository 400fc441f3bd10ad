"""Operations of a caller whose mandate is restricted to some dossier types."""

from __future__ import annotations

from collections.abc import Sequence

from raas.domain.registers.operation import Operation
from raas.domain.rights.view import RegisterView


def within_view(view: RegisterView, operations: Sequence[Operation]) -> Sequence[Operation]:
    """The operations as they are applied: a type that the view hides becomes one that does not exist."""
    if view.dossier_types is None:
        return operations
    return [
        operation
        if operation.dossier_type is None
        else operation._replace(dossier_type=view.lookup_code(operation.dossier_type))
        for operation in operations
    ]


def names_hidden_type(view: RegisterView, operations: Sequence[Operation]) -> bool:
    """Whether one of the operations names a type outside the view, whether it exists or not."""
    if view.dossier_types is None:
        return False
    return any(o.dossier_type is not None and not view.shows_type(o.dossier_type) for o in operations)
