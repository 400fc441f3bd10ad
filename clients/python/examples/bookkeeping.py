"""Deal with every mutation exactly once, whatever dies: python bookkeeping.py DATABASE

What is made of the mutations and how far that has come are kept in one transaction of one database. Kill
this program, cut its connections, stop the server: nothing is skipped and nothing counted twice.
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


def deal_with(mutation: Mutation, cursor: sqlite3.Cursor) -> None:
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
                            deal_with(mutation, cursor)
                    places.save(cursor, event.checkpoint)
                print(f"through {event.checkpoint.revision}", flush=True)
        except (RevisionExpired, LogReplaced) as error:
            # What lies between is not to be had any more: people must decide, not this program.
            sys.exit(f"The books cannot go on from {start}: {error}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
