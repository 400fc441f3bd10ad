"""The checks of `raas doctor`, one function per subject."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import grpc

from raas.cli.server.refusal import refusal_of
from raas.cli.setup.configuration import ConfigurationInvalid, configuration_path, load_configuration
from raas.cli.setup.findings import Finding, Outcome
from raas.cli.texts import tr
from raas.v1.register_pb2 import Environment, Register
from raas_client import CallFailed, CredentialUnavailable, RaasClient, RaasError, Refused

_CLOCK_SECONDS = 5.0
_FREE_BYTES = 2 * 1024**3


def check_versions() -> Iterator[Finding]:
    """The versions of RaaS, Python and gRPC."""
    text = f"raas {version('raas')}, Python {sys.version.split()[0]}, gRPC {grpc.__version__}"
    yield Finding(tr("versions"), "ok", text)


def check_configuration(chosen: str | None) -> Iterator[Finding]:
    """The configuration file, and the context in use: the `chosen` one, else that of the file."""
    try:
        found = load_configuration()
    except ConfigurationInvalid as invalid:
        yield Finding(tr("configuration"), "failed", str(invalid))
        return
    path = configuration_path()
    if not path.exists():
        yield Finding(tr("configuration"), "ok", tr("no file {file}; options and environment", file=path))
    else:
        current = chosen or found.current or tr("none")
        yield Finding(tr("configuration"), "ok", tr("{file}, context {name}", file=path, name=current))


async def check_server(client: RaasClient, target: str) -> list[Finding]:
    """Whether the server answers, whether it knows the caller, and its clock."""
    began = time.monotonic()
    try:
        register = await client.get_register()
    except Refused as refused:
        milliseconds = (time.monotonic() - began) * 1_000
        reached = Finding(tr("server"), "ok", _answers(target, milliseconds))
        return [reached, Finding(tr("register"), "failed", refusal_of(refused).text)]
    except (CallFailed, CredentialUnavailable) as failed:
        return [Finding(tr("server"), "failed", f"{target}: {refusal_of(failed).text}")]
    milliseconds = (time.monotonic() - began) * 1_000
    text = tr(
        "{number} {name!r}: revision {revision}, {dossiers:,} dossiers",
        number=register.enterprise_number,
        name=register.name,
        revision=register.revision,
        dossiers=register.dossier_count,
    )
    return [
        Finding(tr("server"), "ok", _answers(target, milliseconds)),
        await _version(client, register),
        Finding(tr("register"), "ok", text),
        await _clock(client),
    ]


async def _version(client: RaasClient, register: Register) -> Finding:
    """The version and the environment of the server; a warning where its version is another one."""
    try:
        told = await client.server_version()
    except RaasError as error:
        return Finding(tr("environment"), "warning", refusal_of(error).text)
    environment = Environment.Name(register.environment).removeprefix("ENVIRONMENT_").lower()
    text = tr("{environment}, of raas {version}", environment=environment, version=told or "?")
    return Finding(tr("environment"), "ok" if told == version("raas") else "warning", text)


def _answers(target: str, milliseconds: float) -> str:
    return tr("{target} answers in {time:.0f} ms", target=target, time=milliseconds)


async def _clock(client: RaasClient) -> Finding:
    """The clock of the server beside that of this machine."""
    before = datetime.now(UTC)
    try:
        told = await client.server_time()
    except RaasError as error:
        return Finding(tr("clocks"), "warning", refusal_of(error).text)
    after = datetime.now(UTC)
    if told is None:
        return Finding(tr("clocks"), "warning", tr("the server does not tell its clock"))
    apart = max((before - told).total_seconds(), (told - after).total_seconds(), 0.0)
    outcome: Outcome = "ok" if apart < _CLOCK_SECONDS else "warning"
    return Finding(tr("clocks"), outcome, tr("{seconds:.1f} s between the server and here", seconds=apart))


def check_database(data_dir: str | None) -> Iterator[Finding]:
    """The settings of a server on this machine, its database and its disk, as the environment has them."""
    from raas.ops.settings import SettingsRefused, load_settings

    try:
        # Whether a server could start is not asked: a client identifies no callers.
        settings = load_settings(serving=False, data_dir=data_dir)
    except SettingsRefused as refused:
        yield Finding(tr("settings"), "failed", str(refused))
        return
    given = sorted(name for name in os.environ if name.startswith("RAAS_"))
    yield Finding(tr("settings"), "ok", ", ".join(given) or tr("none in the environment"))
    if settings.database_url is not None:
        yield _database(settings.database_url.get_secret_value())
    elif settings.data_dir.exists():
        from raas.storage.embedded import running_dsn

        if dsn := running_dsn(settings.data_dir):
            yield _database(dsn)
        else:
            yield Finding(
                tr("database"), "warning", tr("no server runs on {folder}", folder=settings.data_dir)
            )
        yield _disk(settings.data_dir)
    else:
        yield Finding(tr("database"), "ok", tr("none on this machine"))


def _database(dsn: str) -> Finding:
    from raas.maintenance.database import postgresql_version, require_usable_schema
    from raas.usecases.ports.errors import PortError

    try:
        schema, server = require_usable_schema(dsn).current, postgresql_version(dsn)
    except PortError as error:
        return Finding(tr("database"), "failed", str(error))
    return Finding(
        tr("database"), "ok", tr("PostgreSQL {server}, schema {version}", server=server, version=schema)
    )


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    outcome: Outcome = "ok" if free >= _FREE_BYTES else "warning"
    text = tr("{free:,.1f} GiB free at {folder}", free=free / 1024**3, folder=folder)
    return Finding(tr("disk"), outcome, text)
