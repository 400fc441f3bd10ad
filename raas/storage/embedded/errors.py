"""The errors of the embedded PostgreSQL; every text is a sentence for the operator."""

from __future__ import annotations

from pathlib import Path


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be used; the text says why and what to do."""


class DataDirectoryInUse(EmbeddedPostgresError):
    """Another process holds `directory`; `pid` is its process number, None when it is not known."""

    def __init__(self, directory: Path, pid: int | None) -> None:
        self.directory = directory
        self.pid = pid
        holder = "another process" if pid is None else f"process {pid}"
        super().__init__(
            f"The data directory {directory} is in use by {holder}: one RaaS server at a time may hold it. "
            "Stop that one, or give this one another RAAS_DATA_DIR."
        )

    def __reduce__(self) -> tuple[type[DataDirectoryInUse], tuple[Path, int | None]]:
        return type(self), (self.directory, self.pid)


class StartCancelled(EmbeddedPostgresError):
    """`EmbeddedPostgres.cancel_start` or `stop` ended a start."""

    def __init__(self) -> None:
        super().__init__("The start of PostgreSQL was cancelled.")

    def __reduce__(self) -> tuple[type[StartCancelled], tuple[()]]:
        return type(self), ()


class OtherMajorVersion(EmbeddedPostgresError):
    """The cluster was made by PostgreSQL `found`; the binaries at hand are of version `carried`."""

    def __init__(self, cluster: Path, found: str, carried: int) -> None:
        self.cluster = cluster
        self.found = found
        self.carried = carried
        super().__init__(
            f"The database in {cluster} was made by PostgreSQL {found}, but this RaaS carries PostgreSQL "
            f"{carried}, which cannot open it; nothing was changed. Either serve it with a PostgreSQL "
            f"{found} and name that one in RAAS_DATABASE_URL, or dump it there (pg_dump), move the directory "
            "away and restore the dump into the new database RaaS then makes."
        )

    def __reduce__(self) -> tuple[type[OtherMajorVersion], tuple[Path, str, int]]:
        return type(self), (self.cluster, self.found, self.carried)
