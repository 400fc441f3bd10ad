"""Process every mutation exactly once: python bookkeeping.py DATABASE

The results and the checkpoint are written in one transaction of one database. Kill this program, cut its
connections, stop the server: no mutation is skipped or counted twice.
"""

import asyncio
import os
import sqlite3
import sys

from raas.v1.mutation_pb2 import Mutation, MutationKind
from raas_client import (
    AfterRevision,
    CheckpointTable,
    LogReplaced,
    Mutations,
    RaasClient,
    RevisionExpired,
)

TARGET = os.environ.get("RAAS_TARGET", "127.0.0.1:50051")
INSCRIBED = MutationKind.MUTATION_KIND_INSCRIBED

places = CheckpointTable("bookkeeping", sqlite3.paramstyle)


def count_inscription(mutation: Mutation, cursor: sqlite3.Cursor) -> None:
    """Count the inscriptions of every dossier type."""
    if mutation.kind == INSCRIBED:
        cursor.execute(
            "INSERT INTO inscriptions VALUES (?, 1)"
            " ON CONFLICT (dossier_type) DO UPDATE SET number = number + 1",
            (mutation.dossier_type,),
        )


async def main(path: str) -> None:
    database = sqlite3.connect(path)
    with database:
        places.create(database.cursor())
        database.execute(
            "CREATE TABLE IF NOT EXISTS inscriptions (dossier_type TEXT PRIMARY KEY, number INTEGER)"
        )
    async with RaasClient(TARGET, enterprise_number="0999999922") as client:
        start = places.load(database.cursor()) or AfterRevision(0)
        try:
            async for event in client.subscribe(start):
                with database:
                    cursor = database.cursor()
                    if isinstance(event, Mutations):
                        for mutation in event.mutations:
                            count_inscription(mutation, cursor)
                    places.save(cursor, event.checkpoint)
                print(f"through {event.checkpoint.revision}", flush=True)
        except (RevisionExpired, LogReplaced) as error:
            # The mutations in between no longer exist: people must decide how to continue.
            sys.exit(f"The books cannot continue from {start}: {error}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
