"""The kinds of statements that a sharded PostgreSQL can carry out, and the kind of a statement.

docs/scaling.md describes the kinds. A statement of none of them raises Unclassifiable, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from pglast import ast, parse_sql
from pglast.enums import A_Expr_Kind, SetOperation
from pglast.parser import ParseError

from raas.storage.schema.placement import PLACEMENTS, Placement
from raas.storage.schema.tables import metadata
from tests.statements.scopes import Relation, Scope, Unclassifiable, level, nodes, numbered, scopes, sublinks

__all__ = ["Kind", "Unclassifiable", "kind_of"]


class Kind(Enum):
    """The ways in which a sharded PostgreSQL carries out a statement."""

    COMMAND = "no rows of ours: a transaction, a setting, a definition"
    REFERENCE = "on reference and local tables only"
    SINGLE_REGISTER = "on the node of one register, whose id is a parameter of every part"
    SCATTER = "on the nodes of many registers, each on its own rows and its copies of reference tables"


def kind_of(statement: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> Kind:
    """The kind of a statement with psycopg's placeholders.

    `parameters` tell whether two placeholders without a name stand for the same register. Raises
    Unclassifiable.
    """
    text, values = numbered(statement, parameters)
    try:
        parsed = parse_sql(text)
    except ParseError as error:
        raise Unclassifiable(f"it cannot be parsed: {error}") from None
    kinds = {_kind(raw.stmt, values) for raw in parsed}
    return kinds.pop() if len(kinds) == 1 else Kind.COMMAND


_ROWS = (ast.SelectStmt, ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt)


def _kind(statement: ast.Node, values: Mapping[int, object]) -> Kind:
    if not isinstance(statement, _ROWS):
        _check_command(statement)
        return Kind.COMMAND
    levels = list(scopes(statement, frozenset()))
    tables = [relation for scope in levels for relation in scope.relations]
    _check_functions(statement, levels)
    _check_inserted_rows(statement, levels)
    if all(relation.placement is not Placement.DISTRIBUTED for relation in tables):
        return Kind.REFERENCE
    if any(relation.placement is Placement.LOCAL for relation in tables):
        local = next(r.table for r in tables if r.placement is Placement.LOCAL)
        raise Unclassifiable(f"it joins distributed tables with {local}, which the workers do not have")
    reason = _why_not_single(levels, values)
    if reason is None:
        return Kind.SINGLE_REGISTER
    other = _why_not_scatter(statement)
    if other is None:
        return Kind.SCATTER
    raise Unclassifiable(f"not of a single register: {reason}; no scatter: {other}")


def _check_command(statement: ast.Node) -> None:
    if isinstance(statement, ast.MergeStmt | ast.CopyStmt):
        raise Unclassifiable("MERGE and COPY are not classified")
    if isinstance(statement, ast.LockStmt):
        for relation in statement.relations:
            if PLACEMENTS.get(relation.relname) is Placement.DISTRIBUTED:
                raise Unclassifiable(f"it locks {relation.relname} on every node")


# ---- functions --------------------------------------------------------------------------------------

_VOLATILE = {"clock_timestamp", "timeofday", "random", "gen_random_uuid", "nextval"}


def _check_functions(statement: ast.Node, levels: Sequence[Scope]) -> None:
    copies = [r for s in levels for r in s.relations if r.placement is not Placement.LOCAL]
    if any(r.placement is Placement.DISTRIBUTED for r in copies):
        locks = [name for name in _functions(statement) if "advisory" in name]
        if locks:
            raise Unclassifiable(f"{locks[0]} would lock on the node of the register, not for all")
    for scope in levels:
        target = scope.node
        if isinstance(target, ast.SelectStmt) or not scope.relations:
            continue
        if scope.relations[0].placement is Placement.LOCAL:
            continue
        changed = target.onConflictClause if isinstance(target, ast.InsertStmt) else target
        volatile = [name for name in _functions(changed) if name in _VOLATILE]
        if volatile:
            raise Unclassifiable(f"{volatile[0]} would have another value on each node that it changes")
        if scope.relations[0].placement is Placement.REFERENCE and _names_ctid(target):
            raise Unclassifiable("the ctid of a row differs between the copies of a reference table")


def _check_inserted_rows(statement: ast.Node, levels: Sequence[Scope]) -> None:
    """Refuse an INSERT that reads a WITH query: its rows would go to all nodes, and each must answer."""
    queries = {each.ctename for each in nodes(statement) if isinstance(each, ast.CommonTableExpr)}
    for scope in levels:
        target = scope.node
        if isinstance(target, ast.InsertStmt) and scope.distributed():
            read = {each.relname for each in nodes(target.selectStmt) if isinstance(each, ast.RangeVar)}
            if queries & read:
                raise Unclassifiable(f"an INSERT reads the WITH query {min(queries & read)}")


def _functions(node: Any) -> list[str]:
    return [each.funcname[-1].sval for each in nodes(node) if isinstance(each, ast.FuncCall)]


def _names_ctid(node: Any) -> bool:
    columns = [each for each in nodes(node) if isinstance(each, ast.ColumnRef)]
    return any(isinstance(c.fields[-1], ast.String) and c.fields[-1].sval == "ctid" for c in columns)


# ---- one register -----------------------------------------------------------------------------------


def _why_not_single(levels: Sequence[Scope], values: Mapping[int, object]) -> str | None:
    """The reason why not every part names one register by a parameter; None = every part does."""
    registers: set[object] = set()
    for scope in levels:
        for place, relation in enumerate(scope.distributed()):
            if isinstance(scope.node, ast.InsertStmt) and place == 0:
                named = _inserted_register(scope.node, relation.table, values)
            else:
                named = _named_register(scope, relation, values)
            if not named:
                return f"{relation.table} {relation.alias} is not bound to a register"
            registers |= named
    return None if len(registers) == 1 else f"it names {len(registers)} registers"


def _named_register(scope: Scope, relation: Relation, values: Mapping[int, object]) -> set[object]:
    """The register to which a condition of the level binds the table."""
    alone = len(scope.distributed()) == 1
    for condition in scope.conditions:
        if not _is_equality(condition):
            continue
        for column, value in ((condition.lexpr, condition.rexpr), (condition.rexpr, condition.lexpr)):
            if _is_register_of(column, relation.alias, alone):
                named = _given(value, values)
                if named is not None:
                    return {named}
    return set()


def _inserted_register(insert: ast.InsertStmt, table: str, values: Mapping[int, object]) -> set[object]:
    """The registers of the rows that are inserted; empty when one is no parameter."""
    columns = [target.name for target in insert.cols or ()] or [
        c.name for c in metadata.tables[table].columns
    ]
    place = columns.index("register_id")
    source = insert.selectStmt
    if source is None:
        return set()
    rows = source.valuesLists or [[target.val for target in source.targetList]]
    named = {_given(row[place], values) if place < len(row) else None for row in rows}
    return set() if None in named else named


def _is_equality(condition: Any) -> bool:
    return (
        isinstance(condition, ast.A_Expr)
        and condition.kind == A_Expr_Kind.AEXPR_OP
        and condition.name[-1].sval == "="
    )


def _is_register_of(column: Any, alias: str, alone: bool) -> bool:
    if not isinstance(column, ast.ColumnRef):
        return False
    names = [each.sval for each in column.fields if isinstance(each, ast.String)]
    return names == [alias, "register_id"] or (alone and names == ["register_id"])


def _given(value: Any, values: Mapping[int, object]) -> object | None:
    """The parameter or constant that an expression is; None when it is something else."""
    while isinstance(value, ast.TypeCast):
        value = value.arg
    if isinstance(value, ast.ParamRef):
        return values.get(value.number, f"${value.number}")
    if isinstance(value, ast.A_Const) and isinstance(value.val, ast.Integer | ast.Float):
        return str(value.val)
    return None


# ---- scatter ----------------------------------------------------------------------------------------


def _why_not_scatter(statement: ast.Node) -> str | None:
    """The reason why the statement is no scatter over registers; None = it is one."""
    if isinstance(statement, ast.InsertStmt):
        return "it inserts into several registers"
    if _names_ctid(statement):
        return "the ctid of a row means nothing on another node"
    if not isinstance(statement, ast.SelectStmt):
        scope = level(statement)
        if len(scope.relations) > 1:
            return "it changes rows by a join"
        if scope.inner or any(sublinks(statement)):
            return "it changes rows by subqueries"
    return _why_not_on_its_node(statement, frozenset())


def _why_not_on_its_node(query: ast.Node, outer: frozenset[str]) -> str | None:
    """The reason why a node cannot answer a query level from its own rows and copies; None = it can.

    `outer` are the distributed tables of the levels around it. Citus 13.2 accepts LATERAL and subqueries,
    with LIMIT too, when each distributed table in them is joined to such a table by register_id.
    """
    if getattr(query, "withClause", None) is not None:
        return "it has WITH queries"
    if isinstance(query, ast.SelectStmt):
        if query.op != SetOperation.SETOP_NONE:
            return "it has a set operation"
        if query.lockingClause:
            return "it locks rows of several registers"
    scope = level(query)
    if outer and not (scope.relations or scope.inner or scope.functions):
        return "a subquery has no FROM"
    if scope.outer_rows:
        return "an outer join keeps the rows of a function, a subquery or a reference table"
    rest = scope.distributed()
    if not outer and not rest:
        return "no distributed table stands at its top"
    joined = set(outer) or {rest[0].alias}
    rest = [relation for relation in rest if relation.alias not in joined]
    while rest:
        found = [r for r in rest if any(_joins(c, r.alias, joined) for c in scope.conditions)]
        if not found:
            return f"{rest[0].table} {rest[0].alias} is not joined by register_id"
        joined |= {relation.alias for relation in found}
        rest = [relation for relation in rest if relation not in found]
    below = [*scope.inner, *(link.subselect for link in sublinks(query))]
    reasons = (_why_not_on_its_node(each, frozenset(joined)) for each in below)
    return next((reason for reason in reasons if reason is not None), None)


def _joins(condition: ast.Node, alias: str, others: set[str]) -> bool:
    """Whether the condition equates the register of a table with that of one of the others."""
    if not _is_equality(condition):
        return False
    sides = (condition.lexpr, condition.rexpr)
    return any(
        _is_register_of(mine, alias, False) and any(_is_register_of(theirs, other, False) for other in others)
        for mine, theirs in (sides, sides[::-1])
    )
