"""`raas audit check`: proofs of single records, without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from raas.cli.audit.times import time_text
from raas.cli.server.options import JsonLines
from raas.cli.terminal.exits import Exit, fail
from raas.cli.terminal.table import plain


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The proofs, one a line.")],
    keys: Annotated[Path, typer.Option(metavar="FILE", help="The published keys.")],
    as_json: JsonLines = False,
) -> None:
    """Check proofs of single records: each record is in the log of the audit, as it is given in its proof.

    Needs neither the database nor any other record. With --json, one object per proof.

    Exit status: 0 all are proven, 5 one is not, 1 a file cannot be read.
    """
    from raas.domain.audit.inclusion import ProofInvalid, parse_proof, verify_inclusion
    from raas.domain.audit.key_history import KeyHistoryInvalid, parse_key_history
    from raas.signing.ed25519 import check_signature

    try:
        history = parse_key_history(keys.read_bytes())
        proofs = file.read_bytes().splitlines()
    except KeyHistoryInvalid as invalid:
        fail(f"{keys}: {invalid}")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    if not proofs:
        fail(f"{file}: it holds no proof")
    status = Exit.DONE
    for number, line in enumerate(proofs, 1):
        result: dict[str, object] = {"line": number, "proven": False}
        try:
            proof = parse_proof(line)
            checkpoint = verify_inclusion(proof, history, check_signature)
        except ProofInvalid as invalid:
            status = Exit.UNSOUND
            result["cause"] = sentence = str(invalid)
            sentence = f"line {number}: NOT PROVEN: {sentence}"
        else:
            result |= {"proven": True, "chain": proof.chain, "index": proof.index, "record": proof.texts}
            result |= {"checkpoint": checkpoint.number, "time": time_text(checkpoint.time)}
            sentence = (
                f"line {number}: record {proof.index} of chain {proof.chain} was in the log at "
                f"{time_text(checkpoint.time)} (checkpoint {checkpoint.number})"
            )
        typer.echo(json.dumps(result) if as_json else plain(sentence))
    raise typer.Exit(status)
