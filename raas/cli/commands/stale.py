"""`raas stale`: the numbers in a register that are out of use."""

from __future__ import annotations

import csv
import json
import sys

import typer
from google.protobuf.json_format import MessageToDict

from raas.cli.server.client import answer_of, client_of
from raas.cli.server.options import (
    DEFAULT_TARGET,
    EnterpriseNumber,
    JsonLines,
    Language,
    PatienceSeconds,
    Register,
    Target,
)
from raas.cli.terminal.output import until_reader_leaves
from raas.v1.niss_pb2 import StaleNiss
from raas.v1.person_pb2 import PersonStatus
from raas_client import Patience, RaasClient

HEADER = ("niss", "status", "successor_niss", "dossier_types")


def stale(
    target: Target = DEFAULT_TARGET,
    enterprise_number: EnterpriseNumber = None,
    register: Register = None,
    language: Language = None,
    patience: PatienceSeconds = 30.0,
    as_json: JsonLines = False,
) -> None:
    """List the numbers in a register that are out of use.

    These are the numbers with lines in the register that are REPLACED or CANCELLED in the authentic source,
    or UNKNOWN to it. Written as CSV, ordered by number: niss, status, successor_niss (the final one),
    dossier_types (separated by |).

    Exit status: 0 the list is complete (it may be empty), 1 failed, 130 interrupted.
    """
    client = client_of(target, enterprise_number, register, language, Patience(call_seconds=patience))
    with until_reader_leaves():
        count = answer_of(client, lambda opened: _list(opened, as_json), as_json=as_json)
    if not as_json:
        typer.echo(f"{count:,} numbers are out of use", err=True)


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
