"""The tables, by subject; docs/architecture.md describes each one."""

from raas.storage.schema.metadata import metadata
from raas.storage.schema.tables import audit, limits, persons, registers, rights, service, usage

__all__ = ["audit", "limits", "metadata", "persons", "registers", "rights", "service", "usage"]
