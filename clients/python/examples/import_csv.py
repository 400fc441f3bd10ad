"""Import a file of inscriptions: python import_csv.py FILE.csv (niss, dossier_type, begin, end).

Interrupt it and start it again: the import continues where it was, and applies nothing twice. The name of
the file is the id of the import.
"""

import asyncio
import csv
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from raas.v1.register_service_pb2 import BatchOperation, RejectedOperation
from raas_client import ImportProgress, RaasClient, inscription

TARGET = os.environ.get("RAAS_TARGET", "127.0.0.1:50051")


def operations(path: Path) -> Iterator[BatchOperation]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield inscription(row["niss"], row["dossier_type"], row["begin"], row["end"] or None)


def tell(progress: ImportProgress[RejectedOperation]) -> None:
    print(f"{progress.through_offset} rows")
    for rejected in progress.rejected:
        reasons = ", ".join(f"{each.field}: {each.message}" for each in rejected.violations)
        print(f"row {rejected.offset + 1} was skipped: {reasons}")


async def main(path: Path) -> None:
    async with RaasClient(TARGET, enterprise_number="0999999922") as client:
        done = await client.import_operations(operations(path), import_id=path.name, progress=tell)
    print(f"{done.applied} applied, {done.unchanged} unchanged, {len(done.rejected)} skipped")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
