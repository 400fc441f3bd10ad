"""The tables, by subject."""

from raas.storage.schema.metadata import metadata
from raas.storage.schema.tables import audit, limits, persons, registers, rights, service, usage

__all__ = ["audit", "limits", "metadata", "persons", "registers", "rights", "service", "usage"]
