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


def texts_or_null(texts: Sequence[str | None]) -> str:
    """An array literal of any texts, in which None is NULL."""
    # Most columns of a batch hold the same value in every row.
    if texts and texts.count(texts[0]) == len(texts):
        return "{" + ",".join([_text(texts[0])] * len(texts)) + "}"
    return "{" + ",".join([_text(text) for text in texts]) + "}"


def bytes_or_null(values: Iterable[bytes | None]) -> str:
    """An array literal of bytes, in which None is NULL."""
    return "{" + ",".join(["NULL" if each is None else f'"\\\\x{each.hex()}"' for each in values]) + "}"


def _text(text: str | None) -> str:
    if text is None:
        return "NULL"
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def pairs(keys: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The columns (caller, id) of request and import keys."""
    callers, ids = [], []
    for caller, id_ in keys:
        callers.append(caller)
        ids.append(id_)
    return callers, ids
