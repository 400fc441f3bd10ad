"""A page of dossiers, read by one or several statements as of one revision."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.revision_bounds import revision_violation
from raas.storage.connection.query import Row, fetch
from raas.storage.reads.window_sql import PAGE_BYTES, PagePart, page_parameters, page_statement
from raas.storage.rows.ranges import lines_of
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.read_store import DossierFilter, DossierPage, DossierView

_FILTERED_WINDOW = 8
"""Rows walked for each dossier requested, in the first window of a filtered page."""

_WINDOW_GROWTH = 8
_LARGEST_WINDOW = 50_000
"""Rows walked by one statement: a few tens of milliseconds."""

_LONG_WALK = 500_000
"""Rows after which a page that is not empty ends, although it is not full."""

_LINE_BYTES = 24
"""The size of the text of one line, [2024-01-01,2024-02-01) and a comma."""


async def read_page(
    engine: AsyncEngine,
    register_id: int,
    which: DossierFilter,
    at_revision: int | None,
    after: tuple[Niss, str] | None,
    limit: int,
    *,
    hiding: bool,
) -> DossierPage:
    """Dossiers in order after the key. Raises Refused REVISION_IN_FUTURE, REVISION_EXPIRED.

    With `hiding`, an earlier state is read without the days that restrictions hide. The first statement fixes
    the revision. If its window holds too few matching dossiers, further statements read the state at that
    revision.
    """
    at, (niss, code) = at_revision, after or (Niss(0), "")
    # One more than requested shows whether more follow.
    part = PagePart(niss, code, limit + 1, _first_window(which, limit + 1))
    views: list[DossierView] = []
    walked = 0
    while True:
        statement = page_statement(which, at, hiding=hiding)
        parameters = page_parameters(register_id, which, at, part)
        rows = await fetch(engine, statement, parameters)
        if not rows:
            raise StoreFault("the head of the register is gone")
        revision, oldest_revision, next_niss = rows[0][:3]
        if at is None:
            at = revision
        violation = revision_violation(at, revision, oldest_revision)
        if violation is not None:
            raise Refused([violation])
        found = [_view(row) for row in rows if row[7] is not None]
        cut = len(found) < len(rows) and rows[-1][3] is not None
        views += found
        walked += part.window
        if cut or len(views) > limit:
            return DossierPage(tuple(views[:limit]), True, at)
        if next_niss is None:
            return DossierPage(tuple(views), False, at)
        if views and walked >= _LONG_WALK:
            return DossierPage(tuple(views), True, at)
        window = min(part.window * _WINDOW_GROWTH, _LARGEST_WINDOW)
        part = PagePart(next_niss, "", limit + 1 - len(views), window)


def _first_window(which: DossierFilter, limit: int) -> int:
    """Rows of the first window; without a filter only emptied dossiers do not match."""
    filtered = which != DossierFilter()
    return min(limit * _FILTERED_WINDOW if filtered else limit + limit // 4, _LARGEST_WINDOW)


def cut_page(views: Sequence[DossierView], limit: int, revision: int) -> DossierPage:
    """The page that begins with these dossiers: at most `limit`, and about PAGE_BYTES of lines."""
    length = size = 0
    for view in views[:limit]:
        if size >= PAGE_BYTES:
            break
        size += _LINE_BYTES * len(view.lines)
        length += 1
    return DossierPage(tuple(views[:length]), length < len(views), revision)


def _view(row: Row) -> DossierView:
    _, _, _, niss, code, partner, revision, lines = row
    return DossierView(
        Niss(niss), code, None if partner is None else EnterpriseNumber(partner), lines_of(lines), revision
    )
