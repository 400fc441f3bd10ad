"""`raas stale`: the numbers in a register that are out of use."""

from __future__ import annotations

import csv
import json
import sys

import typer
from google.protobuf.json_format import MessageToDict

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.texts import tr
from raas.v1.niss_pb2 import StaleNiss
from raas.v1.person_pb2 import PersonStatus
from raas_client import RaasClient

HEADER = ("niss", "status", "successor_niss", "dossier_types")


@server_command
def stale(server: ServerOptions) -> None:
    """List the numbers in a register that are out of use.

    These are the numbers with lines in the register that are REPLACED or CANCELLED in the authentic source,
    or UNKNOWN to it. Written as CSV, ordered by number: niss, status, successor_niss (the final one),
    dossier_types (separated by |).

    Exit status: 0 the list is complete (it may be empty), 1 failed, 130 interrupted.
    """
    count = server.ask(lambda client: _list(client, server.as_json))
    if not server.as_json:
        typer.echo(tr("{count:,} numbers are out of use", count=count), err=True)


async def _list(client: RaasClient, as_json: bool) -> int:
    """Write the numbers as they arrive; returns their count."""
    rows = csv.writer(sys.stdout, lineterminator="\n")
    if not as_json:
        rows.writerow(HEADER)
    count = 0
    async for each in client.stale_niss():
        count += 1
        if as_json:
            sys.stdout.write(json.dumps(MessageToDict(each)) + "\n")
        else:
            rows.writerow((each.niss, _status(each), each.successor_niss, "|".join(each.dossier_types)))
    sys.stdout.flush()
    return count


def _status(each: StaleNiss) -> str:
    if not each.HasField("status"):
        return "UNKNOWN"
    return PersonStatus.Name(each.status).removeprefix("PERSON_STATUS_")
