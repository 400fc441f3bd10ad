"""The configuration file of the command line: named contexts, each with default values of options.

`$RAAS_CONFIG`, else `raas/config.json` below `$XDG_CONFIG_HOME` (`~/.config`):

    {"current": "test", "contexts": {"test": {"target": "127.0.0.1:50051", "register": "0999999922"}}}
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

FILES = ("ca", "certificate", "key", "token_file")
"""The options that name files."""

OPTIONS = (
    "target",
    "enterprise_number",
    "register",
    "language",
    *FILES,
    "server_name",
    "token_command",
    "legal_context",
    "on_behalf_of",
    "end_user",
)
"""The options that a context may set. Keys and tokens are not in the file: it names where they are."""


class ConfigurationInvalid(Exception):
    """The file cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Contexts by name, and the one in use."""

    current: str | None = None
    contexts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def context(self, name: str | None) -> Mapping[str, str]:
        """The options of a context, of the one in use by default. Raises ConfigurationInvalid."""
        name = name or self.current
        if name is None:
            return {}
        if name not in self.contexts:
            raise ConfigurationInvalid(f"there is no context {name!r} in {configuration_path()}")
        return self.contexts[name]

    def with_context(self, name: str, options: Mapping[str, str]) -> Configuration:
        """The configuration with one more context, or a changed one."""
        return replace(self, contexts={**self.contexts, name: dict(options)})

    def without_context(self, name: str) -> Configuration:
        """The configuration without a context."""
        contexts = {each: options for each, options in self.contexts.items() if each != name}
        return Configuration(None if self.current == name else self.current, contexts)

    def save(self) -> None:
        """Write the file atomically, readable by its owner only. Raises OSError."""
        path = configuration_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.{os.getpid()}.new")
        content = json.dumps({"current": self.current, "contexts": self.contexts}, indent=2)
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(content + "\n")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


def configuration_path() -> Path:
    """The file."""
    if given := os.environ.get("RAAS_CONFIG"):
        return Path(given)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "raas" / "config.json"


def load_configuration() -> Configuration:
    """The configuration; an empty one without a file. Raises ConfigurationInvalid."""
    path = configuration_path()
    try:
        content = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        return Configuration()
    except OSError as error:
        raise ConfigurationInvalid(f"{path}: {error.strerror}") from None
    except ValueError:
        raise ConfigurationInvalid(f"{path} is not JSON") from None
    return _checked(path, content)


def _checked(path: Path, content: object) -> Configuration:
    if not isinstance(content, dict) or not isinstance(content.get("contexts", {}), dict):
        raise ConfigurationInvalid(f"{path} has no contexts")
    contexts = content.get("contexts", {})
    for name, options in contexts.items():
        if not isinstance(options, dict):
            raise ConfigurationInvalid(f"{path}: context {name!r} is not an object")
        for option, value in options.items():
            if option not in OPTIONS or not isinstance(value, str):
                raise ConfigurationInvalid(
                    f"{path}: context {name!r} may have {', '.join(OPTIONS)} as texts, not {option!r}"
                )
    current = content.get("current")
    if current is not None and current not in contexts:
        raise ConfigurationInvalid(f"{path}: the current context {current!r} does not exist")
    return Configuration(current, contexts)
