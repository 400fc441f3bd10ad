"""The proof of who calls, as the options of a command name it: certificate files, a token file or command."""

from __future__ import annotations

import asyncio
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

import typer

from raas.cli.texts import tr
from raas_client import Tls, Token
from raas_client.calls.target import is_local

COMMAND_SECONDS = 30.0
"""The time in which a command must write a token."""


class TokenCommandFailed(Exception):
    """The command gave no token; the text says why, without what it wrote."""


def tls_of(
    target: str, ca: str | None, certificate: str | None, key: str | None, server_name: str | None
) -> Tls | None:
    """TLS for a server on another machine, or when an option asks for it.

    Raises BadParameter, and OSError for a file that cannot be read.
    """
    if not (ca or certificate or key or server_name) and is_local(target):
        return None
    if bool(certificate) != bool(key):
        raise typer.BadParameter(tr("--certificate and --key go together"))
    return Tls.from_files(path_of(ca), path_of(certificate), path_of(key), server_name or None)


def token_of(file: str | None, command: str | None) -> Token | None:
    """The source of tokens. Raises BadParameter."""
    if file and command:
        raise typer.BadParameter(tr("give one of --token-file and --token-command"))
    if file:
        return Path(file).expanduser()
    if not command:
        return None
    try:
        arguments = shlex.split(command)
    except ValueError:
        arguments = []
    if not arguments:
        raise typer.BadParameter(tr("--token-command is not a command"))

    async def give() -> str:
        return await _written_by(arguments)

    return give


def path_of(text: str | None) -> Path | None:
    """The path of an option; `~` is the home directory."""
    return Path(text).expanduser() if text else None


def exposed_files(key: str | None, token_file: str | None) -> Iterator[Path]:
    """The private files that other users of this machine may read.

    As PostgreSQL has it: a file of one's own is for its owner alone, one of root may be read by a group.
    """
    for path in (path_of(key), path_of(token_file)):
        if path is None:
            continue
        try:
            status = path.stat()
        except OSError:
            continue
        allowed = stat.S_IRWXU | (stat.S_IRGRP if status.st_uid == 0 else 0)
        if stat.S_IMODE(status.st_mode) & ~allowed:
            yield path


async def _written_by(arguments: list[str]) -> str:
    name = arguments[0]
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
    except OSError as error:
        raise TokenCommandFailed(f"{name}: {error.strerror}") from None
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            written, _ = await process.communicate()
    except TimeoutError:
        raise TokenCommandFailed(tr("{name}: no token in time", name=name)) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise TokenCommandFailed(tr("{name}: exit status {status}", name=name, status=process.returncode))
    token = written.decode("ascii", "replace").strip()
    if not token.isascii() or len(token.split()) != 1:
        raise TokenCommandFailed(tr("{name}: it wrote no token", name=name))
    return token
