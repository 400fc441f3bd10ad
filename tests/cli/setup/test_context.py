"""Contexts: the configuration file, and the default values that a context gives to options."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner, Result

from raas.cli import command_line
from raas.cli.setup.configuration import Configuration, ConfigurationInvalid, load_configuration


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "raas" / "config.json"
    for name in ("RAAS_TARGET", "RAAS_ENTERPRISE_NUMBER", "RAAS_CONTEXT", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("RAAS_CONFIG", str(path))
    return path


def run(*arguments: str, status: int = 0) -> Result:
    done = CliRunner().invoke(command_line(), arguments)
    assert done.exit_code == status, done.output
    return done


def defaults(*arguments: str) -> dict[str, object]:
    """The parameters that `raas status` would be called with."""
    found: dict[str, object] = {}
    line = command_line()
    for each in line.registered_commands:
        if each.name == "status":
            original = each.callback
            assert original is not None

            def record(**given: object) -> None:
                found.update(given)

            record.__signature__ = original.__signature__  # type: ignore[attr-defined] # of functions
            record.__annotations__ = original.__annotations__
            each.callback = record
    assert CliRunner().invoke(line, [*arguments, "status"]).exit_code == 0
    return found


def test_first_context_is_used_at_once_and_another_on_request(configuration: Path) -> None:
    run("context", "add", "test", "--target", "127.0.0.1:1", "--enterprise-number", "0999.999.922")
    run("context", "add", "other", "--target", "127.0.0.1:2", "--language", "fr")
    assert defaults()["target"] == "127.0.0.1:1"
    assert defaults()["enterprise_number"] == "0999999922"
    assert defaults("--context", "other")["language"] == "fr"
    run("context", "use", "other")
    assert (defaults()["target"], defaults()["enterprise_number"]) == ("127.0.0.1:2", None)
    assert configuration.stat().st_mode & 0o777 == 0o600


def test_environment_has_precedence_over_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    run("context", "add", "test", "--target", "127.0.0.1:1")
    monkeypatch.setenv("RAAS_TARGET", "127.0.0.1:2")
    assert defaults()["target"] == "127.0.0.1:2"
    run("context", "add", "other", "--target", "127.0.0.1:3")
    monkeypatch.delenv("RAAS_TARGET")
    monkeypatch.setenv("RAAS_CONTEXT", "other")
    assert defaults()["target"] == "127.0.0.1:3"


@pytest.mark.parametrize("command", [("types", "list"), ("audit", "person", "85673003360")])
def test_context_of_groups_reaches_their_commands(command: tuple[str, ...]) -> None:
    run("context", "add", "test", "--target", "not this machine:1")
    assert "--target" in run(*command, status=2).stderr


def test_contexts_are_listed_and_removed() -> None:
    run("context", "add", "b", "--target", "127.0.0.1:1")
    run("context", "add", "a", "--register", "0999999922")
    lines = run("context", "list").stdout.splitlines()
    assert [line.split() for line in lines[1:]] == [["a", "0999999922"], ["*", "b", "127.0.0.1:1"]]
    run("context", "remove", "b")
    listed = json.loads(run("context", "list", "--json").stdout)
    assert listed == {"current": None, "contexts": {"a": {"register": "0999999922"}}}


def test_unknown_context_is_refused() -> None:
    assert "there is no context 'nowhere'" in run("--context", "nowhere", "status", status=1).stderr
    about_a_person = run("--context", "nowhere", "audit", "person", "85673003360", status=1)
    assert "there is no context 'nowhere'" in about_a_person.stderr
    assert "there is no context 'nowhere'" in run("context", "use", "nowhere", status=1).stderr


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"contexts": []}',
        '{"contexts": {"a": 1}}',
        '{"contexts": {"a": {"port": "1"}}}',
        '{"contexts": {"a": {"target": 1}}}',
        '{"current": "b", "contexts": {"a": {}}}',
    ],
)
def test_invalid_file_is_refused_by_its_name(configuration: Path, content: str) -> None:
    configuration.parent.mkdir()
    configuration.write_text(content)
    with pytest.raises(ConfigurationInvalid, match=str(configuration)):
        load_configuration()
    assert str(configuration) in run("status", status=1).stderr


def test_missing_file_is_an_empty_configuration() -> None:
    assert load_configuration() == Configuration()


def test_every_command_of_a_server_takes_its_options_from_the_context() -> None:
    from raas.cli import _GROUPS, _OF_A_SERVER

    group = typer.main.get_command(command_line())
    commands = group.commands
    calls_server = {name for name, command in commands.items() if calls_a_server(command)}
    assert calls_server == set(_OF_A_SERVER)
    below = {
        name: tuple(each for each, command in group.commands.items() if calls_a_server(command))
        for name, group in commands.items()
        if hasattr(group, "commands") and name != "context"  # whose options are those of a context
    }
    assert {name: calling for name, calling in below.items() if calling} == _GROUPS


def calls_a_server(command: click.Command) -> bool:
    return "target" in {each.name for each in command.params} and not command.hidden


def test_doctor_names_the_context_that_is_used() -> None:
    for name in ("one", "two"):
        run("context", "add", name, "--target", "127.0.0.1:1")
    run("context", "use", "one")
    for options, used in (((), "one"), (("--context", "two"), "two")):
        found = run(*options, "doctor", "--patience", "0.1", status=1).stdout
        assert f"config.json, context {used}" in found
