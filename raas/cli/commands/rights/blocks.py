"""`raas blocks`: the blocks of credentials."""

from __future__ import annotations

from typing import Annotated

import typer

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.credential_block_pb2 import CredentialBlock
from raas_client import RaasClient

blocks = typer.Typer(help="The credentials that are refused.", no_args_is_help=True, rich_markup_mode=None)


@blocks.command("list")
@server_command
def list_blocks(server: ServerOptions) -> None:
    """List the blocks that have not ended. With --json, one object per block."""

    async def ask(client: RaasClient) -> list[CredentialBlock]:
        return await client.blocked_credentials().all()

    _write(server.ask(ask), as_json=server.as_json)


@blocks.command("add")
@server_command
def add_block(
    server: ServerOptions,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Why it is blocked.")],
    fingerprint: Annotated[
        str | None, typer.Option(metavar="HEX", help="The SHA-256 of a certificate or of a token.")
    ] = None,
    public_key: Annotated[
        str | None, typer.Option(metavar="HEX", help="The SHA-256 of the public key of a certificate.")
    ] = None,
    issuer_serial: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="The issuer and the serial number, separated by a colon."),
    ] = None,
    token_id: Annotated[str | None, typer.Option(metavar="TEXT", help="The claim jti of a token.")] = None,
    application: Annotated[str | None, typer.Option(metavar="TEXT", help="An application.")] = None,
    organisation: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="An organisation, with all its applications.")
    ] = None,
) -> None:
    """Refuse every credential with a feature, in every process and on open streams; name exactly one."""

    async def ask(client: RaasClient) -> CredentialBlock:
        return await client.block_credential(
            reason,
            fingerprint=fingerprint,
            public_key=public_key,
            issuer_serial=issuer_serial,
            token_id=token_id,
            application=application,
            enterprise_number=organisation,
        )

    given = (fingerprint, public_key, issuer_serial, token_id, application, organisation)
    if sum(each is not None for each in given) != 1:
        raise typer.BadParameter(tr("name exactly one feature of a credential"))
    _write([server.ask(ask)], as_json=server.as_json)


@blocks.command("end")
@server_command
def end_block(
    server: ServerOptions, block_id: Annotated[str, typer.Argument(metavar="ID", help="The id of the block.")]
) -> None:
    """End a block."""

    async def ask(client: RaasClient) -> CredentialBlock:
        return await client.unblock_credential(block_id)

    _write([server.ask(ask)], as_json=server.as_json)


def _write(found: list[CredentialBlock], *, as_json: bool) -> None:
    if as_json:
        for each in found:
            write_json(each)
        return
    write_table(
        (tr("ID"), tr("FEATURE"), tr("VALUE"), tr("REASON"), tr("STATE")),
        [
            (
                each.id,
                each.WhichOneof("subject") or "",
                getattr(each, each.WhichOneof("subject") or "id"),
                each.reason,
                tr("ended") if each.HasField("unblock_time") else "",
            )
            for each in found
        ],
    )
