"""`raas stale`: the numbers in a register that mean nobody any more."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToDict

from raas.cli.server.client import JsonLines, client_of, fail_for
from raas.cli.server.connection import DEFAULT_TARGET, EnterpriseNumber, Language, Register, Target
from raas.cli.terminal.exits import Exit, fail
from raas.cli.terminal.output import until_nobody_reads
from raas.v1.niss_pb2 import StaleNiss
from raas.v1.person_pb2 import PersonStatus
from raas_client import Patience, RaasClient, RaasError

HEADER = ("niss", "status", "successor_niss", "dossier_types")


def stale(
    target: Target = DEFAULT_TARGET,
    enterprise_number: EnterpriseNumber = None,
    register: Register = None,
    language: Language = "en",
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to try again while the server does not answer.")
    ] = 30.0,
    as_json: JsonLines = False,
) -> None:
    """List numbers in a register that are out of use.

    Those that the authentic source says are REPLACED or CANCELLED, or that are UNKNOWN to it, and under which
    the register still has lines. Written as CSV, ordered by number: niss, status, successor_niss (the final
    one), dossier_types (separated by |).

    Exit status: 0 the list is complete, be it empty; 1 failed.
    """
    client = client_of(target, enterprise_number, register, language, Patience(call_seconds=patience))
    try:
        with until_nobody_reads():
            count = asyncio.run(_list(client, as_json))
    except RaasError as error:
        fail_for(error, as_json=as_json)
    except KeyboardInterrupt:
        fail("interrupted", Exit.INTERRUPTED)
    if not as_json:
        typer.echo(f"{count:,} numbers are out of use", err=True)


async def _list(client: RaasClient, as_json: bool) -> int:
    """Write them as they come; answers how many."""
    rows = csv.writer(sys.stdout, lineterminator="\n")
    if not as_json:
        rows.writerow(HEADER)
    count = 0
    async with client:
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
