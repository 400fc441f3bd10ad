"""The register, the reason and the ticket of commands that restrict inscriptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from raas.cli.database.connection import chosen_register

if TYPE_CHECKING:
    from raas.domain.errors import Violation
    from raas.domain.numbers.enterprise_number import EnterpriseNumber
    from raas.domain.registers.restriction import Grounds

Register = Annotated[
    str,
    typer.Option("--register", metavar="NUMBER", help="The register of this enterprise number."),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the restriction.")]
Ticket = Annotated[
    str, typer.Option("--ticket", metavar="TEXT", help="Your own reference; kept with the restriction.")
]


def read_number(register: str) -> EnterpriseNumber:
    """The enterprise number of the register. Raises BadParameter."""
    number = chosen_register(register, all_registers=False)
    assert number is not None
    return number


def read_grounds(reason: str, ticket: str) -> Grounds:
    """The grounds, with the user of this process. Raises BadParameter."""
    from raas.domain.registers.restriction import Grounds
    from raas.wiring.commands import operator

    grounds = Grounds(reason, ticket, operator().user)
    if grounds.violations:
        raise unfit(grounds.violations)
    return grounds


def unfit(violations: Iterable[Violation]) -> typer.BadParameter:
    """The error of an argument with these violations."""
    from raas.domain.sentences import DEFAULT_LANGUAGE, sentence

    return typer.BadParameter(
        "\n".join(
            f"{each.field}: {sentence(each.sentence or each.reason.name, DEFAULT_LANGUAGE, each.values)}"
            for each in violations
        )
    )
