"""The statement that reads dossiers for a page: a walk along the primary key from the end of the last page.

Without numbers in the filter, a statement walks a window of the register: a fixed number of rows, whether
they match or not. So its work is bounded even if almost nothing matches. `next_niss` is the start of the next
window, for a page that is not full yet.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from raas.domain.calendar.day import OPEN, day_text
from raas.storage.reads.as_of import joined_state, periods_at, revision_at
from raas.storage.rows.arrays import array
from raas.storage.rows.ranges import range_text
from raas.usecases.ports.read_store import DossierFilter

_LAST_NISS = 99_999_999_999

PAGE_BYTES = 2 * 1024 * 1024
"""The size of the text of lines after which a page ends early: clients accept messages of up to 4 MiB."""


class PagePart(NamedTuple):
    """The start of a statement's walk, and its bounds."""

    niss: int
    code: str
    """Dossiers after (niss, code); "" comes before all codes."""
    limit: int
    window: int
    """Rows of the register to walk; unused if the filter has numbers."""


def page_statement(which: DossierFilter, at_revision: int | None, *, hiding: bool) -> str:
    """The statement for this kind of filter; its parameters are `page_parameters`.

    With `hiding`, an earlier state is read without the days that restrictions hide.

    The columns of a row: revision and oldest_revision of the register, next_niss (the start of the next
    window, NULL = there is none), then niss, code, partner, revision and lines of a dossier. Without dossiers
    there is one row with NULLs. Rows are in order; beyond PAGE_BYTES the lines are NULL.
    """
    condition = (
        "overlaps"
        if which.overlaps is not None
        else "active_on"
        if which.active_on is not None
        else "ends_between"
        if which.ends_between is not None
        else ""
    )
    earlier = at_revision is not None
    return _statement(
        earlier, hiding and earlier, bool(which.nisses), which.matching_types is not None, condition
    )


def page_parameters(
    register_id: int, which: DossierFilter, at_revision: int | None, part: PagePart
) -> dict[str, Any]:
    """The parameters of `page_statement`."""
    parameters: dict[str, Any] = {
        "register": register_id,
        "at": at_revision,
        "from_niss": part.niss,
        "after_code": part.code,
        "limit": part.limit,
        "window": part.window,
        "bytes": PAGE_BYTES,
        "nisses": array(sorted(set(which.nisses))),
        "codes": list(which.matching_types or ()),
    }
    if which.overlaps is not None:
        parameters["overlaps"] = range_text(which.overlaps)
    if which.active_on is not None:
        parameters["active_on"] = day_text(which.active_on)
    if which.ends_between is not None:
        begin, end = which.ends_between
        # The upper bound of a line is the day after its last day; an open line has none.
        parameters["after_day"] = day_text(begin)
        parameters["through_day"] = day_text(min(end, OPEN - 1))
    return parameters


_CONDITIONS = {
    "": "NOT isempty({periods})",
    "overlaps": "{periods} && %(overlaps)s::daterange",
    "active_on": "{periods} @> %(active_on)s::date",
    "ends_between": """{periods} && daterange(%(after_day)s::date, %(through_day)s::date)
      AND EXISTS (
        SELECT FROM unnest({periods}) AS line (days)
        WHERE upper(line.days) > %(after_day)s::date AND upper(line.days) <= %(through_day)s::date)""",
}


_WALKED = f"""
      SELECT niss, dossier_type_id, periods, revision FROM dossier
      WHERE register_id = %(register)s AND niss >= %(from_niss)s::bigint
        AND niss < coalesce(next.niss, {_LAST_NISS + 1})
      ORDER BY niss"""

_OF_NUMBERS = """
      SELECT of.* FROM unnest(%(nisses)s::bigint[]) AS asked (niss)
      CROSS JOIN LATERAL (
        SELECT niss, dossier_type_id, periods, revision FROM dossier
        WHERE register_id = %(register)s AND niss = asked.niss OFFSET 0) of
      WHERE asked.niss >= %(from_niss)s::bigint
      ORDER BY of.niss"""


@lru_cache(maxsize=64)
def _statement(earlier: bool, hiding: bool, numbers: bool, types: bool, condition: str) -> str:
    at = "%(at)s::bigint"
    revision = revision_at(at) if earlier else "d.revision"
    periods = f"({periods_at(at, hiding=hiding)})" if earlier else "d.periods"
    # A window holds at least all dossiers of one number.
    following = """
  SELECT greatest(niss, %(from_niss)s::bigint + 1) FROM dossier
  WHERE register_id = %(register)s AND niss >= %(from_niss)s::bigint
  ORDER BY niss OFFSET %(window)s LIMIT 1"""
    # ORDER BY and OFFSET 0 keep the planner from flattening the subqueries, so that dossiers are read by one
    # walk along the index, whatever the sizes of the tables.
    return f"""
WITH next (niss) AS MATERIALIZED (SELECT ({"NULL::bigint" if numbers else following}))
SELECT h.revision, h.oldest_revision, next.niss, page.*
FROM register_head h CROSS JOIN next LEFT JOIN LATERAL (
  SELECT found.niss, found.code, found.partner, found.revision,
         CASE WHEN coalesce(sum(octet_length(found.lines)) OVER (
                ORDER BY found.niss, found.code ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
              < %(bytes)s THEN found.lines END AS lines
  FROM (
    SELECT d.niss, t.code, t.partner, {revision} AS revision, {periods}::text AS lines
    FROM ({_OF_NUMBERS if numbers else _WALKED}) d
    JOIN (SELECT id, code, partner FROM dossier_type WHERE register_id = %(register)s OFFSET 0) t
      ON t.id = d.dossier_type_id
    {joined_state("%(register)s", at, hiding=hiding) if earlier else ""}
    WHERE (d.niss, t.code) > (%(from_niss)s::bigint, %(after_code)s)
      AND {_CONDITIONS[condition].format(periods=periods)}
      {"AND t.code = ANY(%(codes)s::text[])" if types else ""}
    ORDER BY d.niss, t.code LIMIT %(limit)s) found
) page ON true
WHERE h.register_id = %(register)s
ORDER BY page.niss, page.code"""
