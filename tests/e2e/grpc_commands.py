"""Documented grpcurl commands, run as they are where grpcurl is installed, otherwise by `buf curl`."""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.eventually import eventually
from tests.planted import planted_number, planted_text, planted_values_in

DOCUMENTED_TARGET = "127.0.0.1:50051"
"""The address in every documented command. A test replaces it by that of its server."""

_PATIENCE_SECONDS = 60.0
_NUMBER = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")
_LAST_NAME = re.compile(r'"last_name": "(\w{5,})"')
_BASE64_VALUE = re.compile(r'"value": "([A-Za-z0-9+/=]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """The output of a command. `went_well` is also true for a stream that reached its time limit."""

    went_well: bool
    output: str
    errors: str

    @property
    def details(self) -> list[bytes]:
        """The details of the error, which buf prints in base64."""
        return [base64.b64decode(value + "==") for value in _BASE64_VALUE.findall(self.errors)]

    def names(self, reason: str) -> bool:
        """Whether the error has that reason."""
        return reason in self.errors or any(reason.encode() in detail for detail in self.details)


def run_documented(command: str, target: str) -> Answer:
    """Run a documented `grpcurl` command against the server at `target`.

    The numbers and the names of the command are planted, and must not be in an error.
    """
    for number in _NUMBER.findall(command):
        planted_number(number)
    for name in _LAST_NAME.findall(command):
        planted_text(name)
    arguments = shlex.split(command.replace(DOCUMENTED_TARGET, target))
    answer = _run(arguments) if shutil.which("grpcurl") else _run(*buf_curl(arguments))
    # A refusal of a number that was replaced names its successor.
    details = [each.decode(errors="replace") for each in answer.details if b"successor" not in each]
    for text in answer.errors, *details:
        assert planted_values_in(text) == set(), text
    return answer


def buf_curl(grpcurl: Sequence[str]) -> tuple[list[str], float | None]:
    """The `buf curl` of a grpcurl command, and its time limit in seconds (None = to the end).

    Supports -plaintext, or -cacert with -cert and -key, -H, -expand-headers, -d and -max-time, the address
    and the method. Raises ValueError for any other form.
    """
    options: list[str] = []
    scheme = ""
    expand = "-expand-headers" in grpcurl
    seconds: float | None = None
    place: list[str] = []
    left = iter(grpcurl[1:])
    for argument in left:
        match argument:
            case "-plaintext":
                scheme = "http"
                options += ["--protocol", "grpc", "--http2-prior-knowledge"]
            case "-cacert":
                scheme = "https"
                options += ["--protocol", "grpc", "--cacert", next(left)]
            case "-cert" | "-key":
                options += [f"-{argument}", next(left)]
            case "-expand-headers":
                pass
            case "-H" if expand:
                options += [argument, os.path.expandvars(next(left))]
            case "-H" | "-d":
                options += [argument, next(left)]
            case "-max-time":
                seconds = float(next(left))
            case _ if argument.startswith("-"):
                raise ValueError(f"unexpected option {argument}")
            case _:
                place.append(argument)
    if grpcurl[0] != "grpcurl" or not scheme:
        raise ValueError("a grpcurl command with -plaintext or -cacert was expected")
    address, method = place
    return [buf(), "curl", *options, f"{scheme}://{address}/{method}"], seconds


def buf() -> str:
    """The program buf of this environment."""
    return str(Path(sys.executable).with_name("buf"))


def _run(arguments: Sequence[str], seconds: float | None = None) -> Answer:
    """Run a program to its end, or for some seconds from its first output on."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(arguments, stdout=out, stderr=err)
        try:
            if seconds is not None:
                # A busy machine may need seconds for the start alone.
                eventually(
                    lambda: process.poll() is not None or os.fstat(out.fileno()).st_size > 0,
                    _PATIENCE_SECONDS,
                )
            process.wait(seconds or _PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()
            process.wait()
        for file in out, err:
            file.seek(0)
        output, errors = out.read(), err.read()
    listened = "-max-time" in arguments and "DeadlineExceeded" in errors
    limited = seconds is not None and process.returncode == -signal.SIGKILL
    return Answer(process.returncode == 0 or listened or limited, output, errors)
