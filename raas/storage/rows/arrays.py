"""Array literals for whole columns.

Arrays of numbers travel as their text (`{1, 2, 3}`), which is several times faster to build than a list
that the driver adapts element by element.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def array(values: Iterable[int]) -> str:
    """An array literal of integers."""
    return _literal(values)


def array_or_null(values: Iterable[int | None]) -> str:
    """An array literal of integers in which None is NULL."""
    return _literal(values).replace("None", "NULL")


def arrays(many: Iterable[Sequence[int]]) -> str:
    """An array literal of the texts of arrays; an empty one becomes NULL."""
    return "{" + ",".join([f'"{array(values)}"' if values else "NULL" for values in many]) + "}"


def _literal(values: Iterable[int | None]) -> str:
    # Python writes a list as PostgreSQL reads an array, except for the brackets.
    return f"{{{str([*values])[1:-1]}}}"


def quoted(texts: Sequence[str]) -> str:
    """An array literal of texts that hold no quotes: lines, which hold commas and braces, or keys."""
    return '{"' + '","'.join(texts) + '"}' if texts else "{}"


def texts(values: Sequence[str]) -> str:
    """An array literal of any texts."""
    literal = '","'.join(values)
    if "\\" in literal or literal.count('"') != 2 * (len(values) - 1):
        literal = '","'.join([_escaped(value) for value in values])
    return f'{{"{literal}"}}' if values else "{}"


def texts_or_null(values: Sequence[str]) -> str | None:
    """An array literal of any texts, in which an empty text is NULL; None if all are empty.

    `unnest` of several arrays gives NULL for those of one that is NULL.
    """
    if "" not in values:
        return texts(values)
    if not any(values):
        return None
    return "{" + ",".join([f'"{_escaped(value)}"' if value else "NULL" for value in values]) + "}"


def blobs(values: Iterable[bytes]) -> str:
    """An array literal of bytes."""
    return quoted([f"\\\\x{value.hex()}" for value in values])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def pairs(keys: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The columns (caller, id) of request and import keys."""
    callers, ids = [], []
    for caller, id_ in keys:
        callers.append(caller)
        ids.append(id_)
    return callers, ids
