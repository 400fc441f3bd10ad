"""Use of the client library by commands, and the end of a command whose call fails."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import typer

from raas.cli.server.refusal import refusal_of
from raas.cli.terminal.exits import Exit, fail
from raas.cli.terminal.signals import cancelled_by_signals, end_on_signals
from raas.cli.texts import tr
from raas_client import RaasClient, RaasError

Answer = TypeVar("Answer")

_OUTAGES = "raas_client"
"""The logger of outages; those below it report other things."""


def run_with(client: RaasClient, work: Callable[[RaasClient], Awaitable[Answer]]) -> Answer:
    """Run `work` with an open client, and close it.

    Raises RaasError, KeyboardInterrupt on Ctrl-C, SIGTERM or SIGHUP, and what `work` raises.
    """

    async def run() -> Answer:
        with cancelled_by_signals():
            async with client:
                return await work(client)

    end_on_signals()
    conversation = run()
    try:
        return asyncio.run(conversation)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        conversation.close()  # where a signal came before it began


def answer_of(
    client: RaasClient, work: Callable[[RaasClient], Awaitable[Answer]], *, as_json: bool
) -> Answer:
    """Run `work` as `run_with` does; a failed call or an interruption ends the command."""
    try:
        return run_with(client, work)
    except RaasError as error:
        fail_for(error, as_json=as_json)
    except KeyboardInterrupt:
        fail(tr("interrupted"), Exit.INTERRUPTED)


def fail_for(error: RaasError, *, as_json: bool) -> NoReturn:
    """Write why a call failed, under --json as an object too, and end the command."""
    refusal = refusal_of(error)
    if as_json:
        typer.echo(json.dumps({"error": refusal.as_json()}))
    fail(refusal.text)


def report_outages(say: Callable[[str], None]) -> None:
    """Pass what the client library logs, about lost connections and renewals, to `say`, one line each."""
    logger = logging.getLogger(_OUTAGES)
    logger.setLevel(logging.INFO)
    logger.addHandler(_Report(say))


class _Report(logging.Handler):
    """Hands messages over."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Hand over one message."""
        message = record.getMessage()
        self._say(tr("{message}; trying again", message=message) if record.name == _OUTAGES else message)
