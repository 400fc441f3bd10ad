"""The parts of a statement: its placeholders, and the tables and conditions of each query level."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pglast import ast
from pglast.enums import BoolExprType, JoinType, SetOperation

from raas.storage.schema.placement import PLACEMENTS, Placement


class Unclassifiable(Exception):
    """The statement is of none of the kinds."""


# ---- placeholders -----------------------------------------------------------------------------------

_PLACEHOLDER = re.compile(r"%(?:%|\((\w+)\)[sbt]|[sbt])")


def numbered(statement: str, parameters: Any) -> tuple[str, Mapping[int, object]]:
    """The statement with $1, $2 for its placeholders, and a value or name that identifies each."""
    if parameters is None:
        return statement, {}
    numbers: dict[str, int] = {}
    values: dict[int, object] = {}
    following = count(1)

    def number(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        place = next(following) if found[1] is None or found[1] not in numbers else numbers[found[1]]
        if found[1] is None:
            given = len(values)
            known = not isinstance(parameters, Mapping) and given < len(parameters)
            value = parameters[given] if known else None
            values[place] = value if isinstance(value, int) else f"${place}"
        else:
            numbers[found[1]] = place
            values[place] = found[1]
        return f"${place}"

    return _PLACEHOLDER.sub(number, statement), values


# ---- scopes -----------------------------------------------------------------------------------------


@dataclass
class Relation:
    """A table in a FROM clause, or the target of a change."""

    alias: str
    table: str
    placement: Placement


@dataclass
class Scope:
    """One query level: its tables and the conditions that all of its rows meet."""

    node: ast.Node
    relations: list[Relation] = field(default_factory=list)
    conditions: list[ast.Node] = field(default_factory=list)
    outer_rows: bool = False
    """Whether the preserved side of an outer join is a function, a subquery or a reference table."""
    functions: int = 0
    """Its functions in FROM."""
    inner: list[ast.Node] = field(default_factory=list)
    """Its subqueries in FROM."""

    def distributed(self) -> list[Relation]:
        """The distributed tables of this level."""
        return [each for each in self.relations if each.placement is Placement.DISTRIBUTED]


def scopes(query: ast.Node, outer_ctes: frozenset[str]) -> Iterator[Scope]:
    """The query levels of a statement, with the names of its WITH queries left out."""
    ctes = set(outer_ctes)
    with_clause = getattr(query, "withClause", None)
    if with_clause is not None:
        ctes |= {cte.ctename for cte in with_clause.ctes}
        for cte in with_clause.ctes:
            yield from scopes(cte.ctequery, frozenset(ctes))
    names = frozenset(ctes)
    if isinstance(query, ast.SelectStmt) and query.op != SetOperation.SETOP_NONE:
        yield from scopes(query.larg, names)
        yield from scopes(query.rarg, names)
        return
    scope = level(query, names)
    yield scope
    for inner in scope.inner:
        yield from scopes(inner, names)
    if isinstance(query, ast.InsertStmt) and query.selectStmt is not None:
        yield from scopes(query.selectStmt, names)
    for link in sublinks(query):
        yield from scopes(link.subselect, names)


def level(query: ast.Node, ctes: frozenset[str] = frozenset()) -> Scope:
    """The level of a query that is no set operation, without those below it."""
    scope = Scope(query)
    if isinstance(query, ast.SelectStmt):
        from_items: Sequence[ast.Node] = query.fromClause or ()
    elif isinstance(query, ast.UpdateStmt):
        from_items = (query.relation, *(query.fromClause or ()))
    elif isinstance(query, ast.DeleteStmt):
        from_items = (query.relation, *(query.usingClause or ()))
    else:
        assert isinstance(query, ast.InsertStmt)
        from_items = (query.relation,)
    for item in from_items:
        _add(scope, item, ctes)
    _add_conditions(scope, getattr(query, "whereClause", None))
    return scope


def _add(scope: Scope, item: ast.Node, ctes: frozenset[str]) -> None:
    """Add an item of a FROM clause to its level."""
    match item:
        case ast.RangeVar():
            alias = item.alias.aliasname if item.alias else item.relname
            if item.relname not in ctes:
                scope.relations.append(Relation(alias, item.relname, _placement(item)))
        case ast.JoinExpr():
            preserved = {JoinType.JOIN_LEFT: (item.larg,), JoinType.JOIN_RIGHT: (item.rarg,)}.get(
                item.jointype, () if item.jointype == JoinType.JOIN_INNER else (item.larg, item.rarg)
            )
            if any(_is_on_every_node(each, ctes) for each in preserved):
                scope.outer_rows = True
            _add(scope, item.larg, ctes)
            _add(scope, item.rarg, ctes)
            _add_conditions(scope, item.quals)
            for column in item.usingClause or ():
                scope.conditions.append(column)
        case ast.RangeSubselect():
            scope.inner.append(item.subquery)
        case ast.RangeFunction():
            scope.functions += 1
        case _:
            raise Unclassifiable(f"a {type(item).__name__} in FROM")


def _is_on_every_node(item: ast.Node, ctes: frozenset[str]) -> bool:
    if isinstance(item, ast.RangeVar):
        return item.relname in ctes or _placement(item) is not Placement.DISTRIBUTED
    return isinstance(item, ast.RangeFunction | ast.RangeSubselect)


def _placement(relation: ast.RangeVar) -> Placement:
    name = relation.relname
    if name in PLACEMENTS:
        return PLACEMENTS[name]
    if name in _OTHERS or name.startswith("pg_") or relation.schemaname in _CATALOGS:
        return Placement.LOCAL
    raise Unclassifiable(f"the table {name} has no placement in raas/storage/schema/placement.py")


_OTHERS = (
    "alembic_version",
    "citus_lock_waits",  # a view of the coordinator
    "raas_checkpoint",  # of callers, in databases of their own
)
_CATALOGS = ("pg_catalog", "information_schema")


def _add_conditions(scope: Scope, condition: ast.Node | None) -> None:
    if isinstance(condition, ast.BoolExpr) and condition.boolop == BoolExprType.AND_EXPR:
        for part in condition.args:
            _add_conditions(scope, part)
    elif condition is not None:
        scope.conditions.append(condition)


def nodes(node: Any) -> Iterator[ast.Node]:
    """A node and all nodes below it."""
    if isinstance(node, ast.Node):
        yield node
        for slot in node:
            yield from nodes(getattr(node, slot))
    elif isinstance(node, tuple | list):
        for each in node:
            yield from nodes(each)


def sublinks(query: ast.Node) -> Iterator[ast.SubLink]:
    """The subqueries in the expressions of one query level, not those of deeper levels."""

    def walk(node: Any) -> Iterator[ast.SubLink]:
        if isinstance(node, ast.SubLink):
            yield node
            yield from walk(node.testexpr)
        elif isinstance(node, ast.WithClause | ast.RangeSubselect) or (
            isinstance(node, ast.SelectStmt) and node is not query
        ):
            return
        elif isinstance(node, ast.Node):
            for slot in node:
                yield from walk(getattr(node, slot))
        elif isinstance(node, tuple | list):
            for each in node:
                yield from walk(each)

    yield from walk(query)
