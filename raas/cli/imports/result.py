"""The result of an import, for people and for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import typer

from raas.cli.server.refusal import Refusal
from raas.cli.texts import tr

_HINTS_SHOWN = 5


def write_result(
    summary: Mapping[str, object], failure: Refusal | None, hints: Iterable[str], after: str, *, as_json: bool
) -> None:
    """Write the counts, why the import failed, how rejected rows may be mended, and what to do `after`."""
    hints = list(hints)[:_HINTS_SHOWN]
    if as_json:
        error = {"error": failure.as_json()} if failure else {}
        typer.echo(json.dumps({**summary, **error} | ({"hints": hints} if hints else {})))
    else:
        typer.echo(sentence(summary))
    for hint in hints:
        typer.echo(f"raas: {hint}", err=True)
    if failure:
        typer.echo(f"raas: {failure.text}", err=True)
    if after:
        typer.echo(f"raas: {after}", err=True)


def sentence(summary: Mapping[str, object]) -> str:
    """The counts, for people."""
    if summary.get("dry_run"):
        return tr("{rows:,} rows checked, {rejected:,} would be rejected; nothing was applied", **summary)
    before = tr(", {applied_before:,} applied before", **summary) if summary["applied_before"] else ""
    where = tr(" (see {rejected_file})", **summary) if summary["rejected"] else ""
    counts = tr(
        "{rows:,} rows: {applied:,} applied, {unchanged:,} unchanged{before}, {rejected:,} rejected{where}",
        before=before,
        where=where,
        **summary,
    )
    rate = tr("revision {revision}, {seconds:.1f} s, {rows_per_second:,} rows/s", **summary)
    return f"{counts}\n{rate}"
