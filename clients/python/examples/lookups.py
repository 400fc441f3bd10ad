"""Answer questions from a local copy: python lookups.py MIRROR, then lines `NISS DAY`.

The copy is a file that continues when this program is started again. Lookups are local: they take
microseconds, and are answered during an outage of the server.
"""

import asyncio
import os
import sys
from datetime import date

from raas_client import RaasClient

TARGET = os.environ.get("RAAS_TARGET", "127.0.0.1:50051")


async def main(path: str) -> None:
    async with (
        RaasClient(TARGET, enterprise_number="0999999922") as client,
        client.mirror(path) as mirror,
    ):
        print(f"a copy of revision {mirror.checkpoint.revision}", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            niss, day = line.split()
            known = [
                each.dossier_type for each in mirror.dossiers(niss) if each.holds(date.fromisoformat(day))
            ]
            print(", ".join(known) or "not known", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
