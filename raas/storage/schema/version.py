"""Versions of the schema, and which of them a server can work on.

Every migration declares two attributes:

    release     the first release of RaaS that carries the migration
    expansion   True when it only adds: a server of the release before keeps working on the schema after the
                migration, and a server of this release works on the schema before it. So an expansion leaves
                tables, columns and meanings as they are, and the code of its release uses the addition only
                where it is there.

A server accepts the schema of its own release, and that of the release before or after where all
migrations in between are expansions. So servers of two releases can run side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A migration as it declares itself."""

    revision: str
    release: str
    expansion: bool


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """The schema of a database, compared with the one that this version of RaaS brings.

    `current` is the revision of the database (None = no schema yet), `needed` that of this version.
    `missing` are the changes that the database lacks, `further` those that it has and this version does not
    know. `related` is False when the history of the database does not pass through a schema that this
    version knows.
    """

    current: str | None
    needed: str
    missing: tuple[SchemaChange, ...] = ()
    further: tuple[SchemaChange, ...] = ()
    related: bool = True

    @property
    def is_needed(self) -> bool:
        """Whether the schema is that of this version."""
        return self.current == self.needed

    @property
    def is_newer(self) -> bool:
        """Whether another version of RaaS has brought the database further."""
        return bool(self.further) or not self.related

    @property
    def is_usable(self) -> bool:
        """Whether a server of this version works on the schema; see the rule at the top."""
        if not self.related or self.current is None:
            return False
        between = self.missing + self.further
        return all(change.expansion for change in between) and len({c.release for c in between}) <= 1

    @property
    def refusal(self) -> str:
        """The sentence for the operator of a database that is not usable."""
        found = f"the database is at schema {self.current or 'none'}, this version needs {self.needed}"
        if self.is_newer:
            return f"{found}: start the version of RaaS that migrated the database, or a later one"
        return f"{found}: run `raas migrate`"


def compare(
    known: Sequence[SchemaChange], current: str | None, applied: Sequence[SchemaChange]
) -> SchemaVersion:
    """The version of a database at `current`.

    `known` are the changes of this version, in order, at least one. `applied` are the changes that the
    database recorded, in any order; it is empty for a database older than the record.
    """
    needed = known[-1].revision
    revisions = [change.revision for change in known]
    if current is None or current in revisions:
        missing = known if current is None else known[revisions.index(current) + 1 :]
        return SchemaVersion(current, needed, missing=tuple(missing))
    further = tuple(change for change in applied if change.revision not in revisions)
    recorded = {change.revision for change in applied}
    return SchemaVersion(current, needed, further=further, related={needed, current} <= recorded)
