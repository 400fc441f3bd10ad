"""How a command works on the database itself: where that is, how it is opened, and how the work ends."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from raas.cli.terminal.exits import Exit

if TYPE_CHECKING:
    from raas.domain.errors import Refused
    from raas.domain.numbers.enterprise_number import EnterpriseNumber

DatabaseUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="As for serve; better RAAS_DATABASE_URL, where a password is not seen."),
]
DataDir = Annotated[
    str | None,
    typer.Option(metavar="DIRECTORY", help="As for serve: where the embedded PostgreSQL lies."),
]
AllRegisters = Annotated[bool, typer.Option("--all", help="Every register of the database.")]
OneRegister = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="The register of this enterprise number.")
]


@dataclass(frozen=True, slots=True)
class Ending:
    """How work on the database ended; `reason` and `text` say why it did not come to its end."""

    status: Exit = Exit.DONE
    reason: str = ""
    text: str = ""

    def tell(self, result: Mapping[str, object], sentence: str, *, as_json: bool) -> NoReturn:
        """Say what was done, as JSON or in a sentence ("" = nothing), and why no more; end the command."""
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
    database_url: str | None, data_dir: str | None, work: Callable[[str], None], *, create: bool = False
) -> Ending:
    """Do `work` on the database that these options, or else the environment, name; it is given the DSN.

    A running server's embedded database is joined, any other one is started for as long as the work takes,
    and made if need be where `create` says so. Ctrl-C and SIGTERM end the work where it stands.
    """
    from raas import supervisor
    from raas.domain.errors import Refused
    from raas.ops.settings import SettingsRefused, load_settings
    from raas.storage.embedded import EmbeddedPostgresError
    from raas.usecases.ports.errors import PortError

    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        # Nothing is served: whatever the environment says of that does not matter here.
        settings = load_settings(
            database_url=database_url, data_dir=data_dir, listen="127.0.0.1:0", development_identity=True
        )
        with supervisor.database_for_command(settings, create=create) as dsn:
            work(dsn)
    except KeyboardInterrupt:
        return Ending(Exit.INTERRUPTED, "INTERRUPTED", "interrupted; what was done stays done")
    except Refused as refused:
        return _refused(refused)
    except (SettingsRefused, EmbeddedPostgresError, PortError, OSError) as error:
        return Ending(Exit.FAILED, "FAILED", str(error))
    return Ending()


def chosen_register(register: str | None, all_registers: bool) -> EnterpriseNumber | None:
    """The enterprise number of the one register, None for all; a bad choice is a wrong command line."""
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
    from raas.domain.errors import Reason
    from raas.domain.sentences import DEFAULT_LANGUAGE, sentence

    first = refused.violations[0]
    match first.reason:
        case Reason.REGISTER_UNKNOWN:
            text = f"there is no register {first.values['register']} in this database"
        case Reason.REVISION_IN_FUTURE:
            text = f"this revision does not exist yet; the register is at {first.values['latest_revision']}"
        case _:
            text = sentence(first.sentence or first.reason.name, DEFAULT_LANGUAGE, first.values)
    return Ending(Exit.FAILED, first.reason.name, text)
