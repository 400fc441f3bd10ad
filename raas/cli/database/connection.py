"""Work on the database: the options that name it, opening it, and the result of the work."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from raas.cli.terminal.exits import Exit
from raas.cli.terminal.signals import end_on_signals

if TYPE_CHECKING:
    from raas.domain.errors import Refused, Violation
    from raas.domain.numbers.enterprise_number import EnterpriseNumber
    from raas.ops.settings import Settings
    from raas.usecases.admin.command_record import Command

DatabaseUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="As for serve; RAAS_DATABASE_URL hides a password better."),
]
DataDir = Annotated[
    str | None,
    typer.Option(metavar="DIRECTORY", help="As for serve: the data directory of the embedded PostgreSQL."),
]
AllRegisters = Annotated[bool, typer.Option("--all", help="Every register of the database.")]
OneRegister = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="The register of this enterprise number.")
]


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of work on the database; `reason` and `text` say why it is not complete."""

    status: Exit = Exit.DONE
    reason: str = ""
    text: str = ""

    def tell(self, result: Mapping[str, object], sentence: str, *, as_json: bool) -> NoReturn:
        """Write the result, as JSON or a sentence ("" = none), and why it is incomplete; end the command."""
        if as_json:
            error = {"error": {"reason": self.reason, "messages": self.text.splitlines()}}
            typer.echo(
                json.dumps({"complete": self.status is Exit.DONE, **result} | (error if self.text else {}))
            )
        elif sentence:
            typer.echo(sentence)
        if self.text:
            typer.echo(f"raas: {self.text}", err=True)
        raise typer.Exit(self.status)


def work_on_database(
    database_url: str | None,
    data_dir: str | None,
    work: Callable[[str, Settings], None],
    command: Command,
    *,
    create: bool = False,
    not_embedded: str = "",
) -> Ending:
    """Record `command` in the audit, then do its work on the database that these options name.

    `work` is called with the DSN and the settings; what the options leave open, the environment names. The
    embedded database of a running server is shared; otherwise it is started for the duration of the work, and
    created first where `create` allows that. If `not_embedded` is given, the embedded database is refused
    with this sentence. Only `create` allows work on a database without an audit: the command is then recorded
    after its work. Ctrl-C, SIGTERM and SIGHUP stop the work.
    """
    from raas import supervisor
    from raas.domain.errors import Refused
    from raas.maintenance import database as maintenance
    from raas.ops.settings import SettingsRefused, load_settings
    from raas.storage.embedded import EmbeddedPostgresError
    from raas.usecases.ports.errors import PortError
    from raas.wiring.commands import has_audit, recorded

    end_on_signals()
    try:
        settings = load_settings(serving=False, database_url=database_url, data_dir=data_dir)
        if not_embedded and not settings.database_url:
            return Ending(Exit.FAILED, "FAILED", not_embedded)
        with supervisor.database_for_command(settings, create=create) as dsn:
            if not create:
                maintenance.require_usable_schema(dsn)
            if has_audit(dsn):
                with recorded(dsn, settings.audit_log_name, command):
                    work(dsn, settings)
            else:
                work(dsn, settings)
                with recorded(dsn, settings.audit_log_name, command):
                    pass
    except KeyboardInterrupt:
        return Ending(Exit.INTERRUPTED, "INTERRUPTED", "interrupted; completed steps are kept")
    except Refused as refused:
        return _refused(refused)
    except (SettingsRefused, EmbeddedPostgresError, PortError, OSError) as error:
        return Ending(Exit.FAILED, "FAILED", str(error))
    return Ending()


def chosen_register(register: str | None, all_registers: bool) -> EnterpriseNumber | None:
    """The enterprise number of the one register, None for all. Raises BadParameter."""
    from raas.domain.invalid import Invalid
    from raas.domain.numbers.enterprise_number import parse_enterprise_number
    from raas.domain.sentences import DEFAULT_LANGUAGE, sentence

    if (register is not None) == all_registers:
        raise typer.BadParameter("give either --register NUMBER or --all")
    if register is None:
        return None
    try:
        return parse_enterprise_number(register)
    except Invalid as invalid:
        raise typer.BadParameter(
            f"--register: {sentence(str(invalid), DEFAULT_LANGUAGE, invalid.values)}"
        ) from None


def _refused(refused: Refused) -> Ending:
    """All that is wrong, one sentence a line; the reason is that of the first violation."""
    texts = dict.fromkeys(map(_sentence, refused.violations))
    return Ending(Exit.FAILED, refused.violations[0].reason.name, "\n".join(texts))


def _sentence(violation: Violation) -> str:
    from raas.domain.errors import Reason
    from raas.domain.sentences import DEFAULT_LANGUAGE, sentence

    values = violation.values
    match violation.reason:
        case Reason.REGISTER_UNKNOWN:
            return f"there is no register {values['register']} in this database"
        case Reason.REVISION_IN_FUTURE:
            return f"this revision does not exist yet; the register is at {values['latest_revision']}"
        case _:
            return sentence(violation.sentence or violation.reason.name, DEFAULT_LANGUAGE, values)
