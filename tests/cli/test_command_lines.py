"""Invalid command lines: status 2, and a sentence that names the valid form."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from raas.cli import command_line

EITHER_TIME = "either --older-than AGE or --before-revision"
EITHER_REGISTER = "either --register NUMBER or --all"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("trim --all", EITHER_TIME),
        ("trim --all --older-than 1day --before-revision 3", EITHER_TIME),
        ("trim --older-than 1day", EITHER_REGISTER),
        ("trim --older-than 1day --all --register 0999999922", EITHER_REGISTER),
        ("trim --before-revision 7 --all", "--before-revision goes with --register"),
        ("trim --before-revision -1 --register 0999999922", "greater than or equal to 0"),
        ("trim --older-than long --all", "'90 days' or '12 months'"),
        ("trim --older-than 1201months --all", "1200 months"),
        ("trim --older-than 0days --all", "1 to 36500 days"),
        ("trim --older-than 0months --all", "1 to 1200 months"),
        ("trim --older-than -1day --all", "'90 days' or '12 months'"),
        ("trim --older-than 1day --register 0999999923", "check digits"),
        ("renew-log", EITHER_REGISTER),
        ("renew-log --all --register 0999999922", EITHER_REGISTER),
        ("renew-log --register 999", "10 digits"),
        ("erase --niss 85673003361", "--niss: "),
        ("erase --niss 85673003360 --older-than 1day", "either --older-than AGE or --niss"),
        ("erase --older-than 0months", "1 to 1200 months"),
        ("erase --older-than 1year", "'90 days' or '12 months'"),
        ("retention --only everything", "it is one of lines, log, contents, requests, audit"),
        ("retention --log-older-than 0days", "1 to 36500 days"),
        ("retention --contents-older-than 00days", "1 to 36500 days"),
        ("retention --audit-older-than 0months", "1 to 1200 months"),
        ("retention --log-older-than long", "write an age as '90 days' or '12 months'"),
        (f"retention --log-older-than {'9' * 5000}days", "36500 days"),
        ("audit remove --before 2020", "--before as YYYY-MM"),
        ("audit remove --before 9999-01", "has not begun"),
        ("restrict 85673003360 A --register 0999999922 --reason R --ticket T", "either BEGIN or --revision"),
        ("restrict 85673003361 A 2024-13-01 --register 1 --reason R --ticket T", "period.begin: "),
        ("import people.csv --encoding nonsense", "--encoding nonsense is unknown"),
        ("import people.csv --encoding hex", "--encoding hex is unknown"),
        ("import people.csv --date-format DD/MM", "DD, MM and YYYY"),
        ("watch --latest --snapshot", "one of --after-revision"),
        ("watch --log-id x", "--log-id goes with"),
        ("watch --acknowledged", "--acknowledged needs --subscriber"),
        ("watch --kind INSCRIBED --kind DELETED", "--kind is one of INSCRIBED, REMOVED"),
        ("watch --target https://register.example:443", "--target"),
        ("watch --certificate a.pem", "--certificate and --key go together"),
        ("watch --token-file a --token-command b", "one of --token-file and --token-command"),
        ("watch --token-command '", "--token-command is not a command"),
        ("watch --heartbeat 301", "less than or equal to 300"),
    ],
)
def test_invalid_command_line_names_the_valid_form(line: str, sentence: str) -> None:
    done = CliRunner().invoke(command_line(), line.split())
    assert done.exit_code == 2
    # Lines may be wrapped at any width.
    assert sentence in " ".join(done.stderr.split())
