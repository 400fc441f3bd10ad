"""The SQL condition that keeps a statement to the dossier types that exist for its caller."""

from __future__ import annotations

from typing import Any

from raas.domain.rights.view import VisibleTypes

_IDS = """ARRAY(
    SELECT id FROM dossier_type WHERE register_id = %(register)s AND code = ANY(%(within)s::text[]))"""


def of_types(column: str, within: VisibleTypes) -> str:
    """A condition on a column with the id of a dossier type; it begins with AND, and is empty for all types.

    The parameters are `register` and those of `within_parameters`.
    """
    return "" if within is None else f"AND {column} = ANY({_IDS})"


def of_any_type(column: str, within: VisibleTypes) -> str:
    """The same for a column with an array of ids of which one suffices."""
    return "" if within is None else f"AND {column} && {_IDS}"


def within_parameters(within: VisibleTypes) -> dict[str, Any]:
    """The parameters of the conditions."""
    return {} if within is None else {"within": sorted(within)}
