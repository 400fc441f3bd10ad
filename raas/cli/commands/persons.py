"""`raas persons`: the persons of the authentic source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_day, parse_niss
from raas.cli.terminal.sex import parse_sex, sex_letter
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.person_pb2 import Person, PersonStatus, RegisterOfOrigin
from raas.v1.person_service_pb2 import Candidate, GivenNameMatching, SearchPersonsResponse, SearchStep
from raas_client import RaasClient

_MATCHING = {
    False: GivenNameMatching.GIVEN_NAME_MATCHING_ALL_GIVEN_NAMES,
    True: GivenNameMatching.GIVEN_NAME_MATCHING_LADDER,
}


def persons(import_persons: Callable[..., None]) -> typer.Typer:
    """The commands about persons; `import_persons` is defined in raas.cli.imports."""
    made = typer.Typer(
        help="The persons of the authentic source.", no_args_is_help=True, rich_markup_mode=None
    )
    made.command("search")(search_persons)
    made.command("show")(show_person)
    made.command("import")(import_persons)
    return made


@server_command
def search_persons(
    server: ServerOptions,
    last_name: Annotated[str, typer.Argument(metavar="LAST_NAME", help="The last name, in any spelling.")],
    birth_date: Annotated[
        str, typer.Argument(metavar="DAY", help="The birth date: 1968-06-12, 12/06/1968, or 1968-06-00.")
    ],
    first_name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A first name; may be repeated.")
    ] = None,
    tolerance: Annotated[
        int | None,
        typer.Option(metavar="N", help="Units of the last known part of the birth date, before and after."),
    ] = None,
    sex: Annotated[str | None, typer.Option(metavar="F|M", help="Only persons of this sex.")] = None,
    municipality: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only residents of this municipality.")
    ] = None,
    ladder: Annotated[
        bool, typer.Option("--ladder", help="Also try what may be wrong, step by step, and show the step.")
    ] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="The most candidates.")] = 20,
) -> None:
    """Search for persons by name and birth date; the best candidate comes first.

    With --ladder the search goes on with misspelled last names, other given names, other months, day and
    month swapped, and other years, until somebody convincing is found. With --json, one object per candidate.

    Exit status: 0 answered, also when there is no candidate; 1 refused or failed; 130 interrupted.
    """
    wanted_sex = parse_sex(sex)
    day = parse_day(birth_date)
    if tolerance is None and "-00" in day:
        tolerance = 0

    async def ask(client: RaasClient) -> SearchPersonsResponse:
        return await client.search_persons(
            last_name,
            day,
            first_names=first_name or (),
            given_name_matching=_MATCHING[ladder],
            birth_date_tolerance=tolerance,
            sex=wanted_sex,
            municipality=municipality,
            max_results=limit,
        )

    candidates = server.ask(ask).candidates
    if server.as_json:
        for each in candidates:
            write_json(each)
    elif candidates:
        steps = (tr("FOUND BY"),) if ladder else ()
        write_table(
            (tr("SCORE"), *steps, *_headers()),
            [
                (f"{each.score:.3f}", *(_step(each) for _ in steps), *_cells(each.person))
                for each in candidates
            ],
        )
    else:
        typer.echo(tr("no candidates"), err=True)


@server_command
def show_person(
    server: ServerOptions,
    niss: Annotated[str, typer.Argument(metavar="NISS", help="A number that your register holds.")],
) -> None:
    """Show the record of a person."""

    async def ask(client: RaasClient) -> Person:
        return await client.get_person(parse_niss(niss))

    person = server.ask(ask)
    if server.as_json:
        write_json(person)
    else:
        write_table(_headers(), [_cells(person)])


def _step(candidate: Candidate) -> str:
    """The step that found a candidate, in words; "" for a step of a later version."""
    steps = {
        SearchStep.SEARCH_STEP_DATE_AS_GIVEN: tr("as given"),
        SearchStep.SEARCH_STEP_LAST_NAME_MISSPELLED: tr("last name misspelled"),
        SearchStep.SEARCH_STEP_GIVEN_NAMES_IGNORED: tr("other given names"),
        SearchStep.SEARCH_STEP_MONTH_NEAR: tr("another month"),
        SearchStep.SEARCH_STEP_DAY_AND_MONTH_SWAPPED: tr("day and month swapped"),
        SearchStep.SEARCH_STEP_YEAR_NEAR: tr("year before or after"),
        SearchStep.SEARCH_STEP_YEAR_FAR: tr("another year"),
        SearchStep.SEARCH_STEP_LAST_NAME_IGNORED: tr("another last name"),
        SearchStep.SEARCH_STEP_DATE_IGNORED: tr("another birth date"),
    }
    return steps.get(candidate.step, "")


def _headers() -> tuple[str, ...]:
    return ("NISS", tr("STATUS"), tr("NAME"), tr("BORN"), tr("SEX"), tr("REGISTER"))


def _cells(person: Person) -> tuple[str, ...]:
    identity = person.identity
    status = PersonStatus.Name(person.status).removeprefix("PERSON_STATUS_")
    if person.successor:
        status += f" -> {person.successor}"
    return (
        person.niss,
        status,
        f"{identity.last_name}, {' '.join(identity.first_names)}".rstrip(", "),
        identity.birth_date,
        sex_letter(identity.sex),
        RegisterOfOrigin.Name(person.register_of_origin).removeprefix("REGISTER_OF_ORIGIN_"),
    )
