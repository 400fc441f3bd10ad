"""Programs run as another user: beside the threads of gRPC, and with the true reason when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from raas.storage.embedded import EmbeddedPostgresError
from raas.storage.embedded.account import Account, account_for

RUNS = 40
CALLERS = 8


@pytest.fixture
def account() -> Account:
    return account_for(Path("/nowhere/postgresql"))


@asynccontextmanager
async def busy_grpc() -> AsyncIterator[None]:
    """A gRPC server of this process whose threads are busy with calls of this process."""
    server = grpc.aio.server()

    async def echo(request: bytes, _: object) -> bytes:
        return request

    handler = grpc.unary_unary_rpc_method_handler(echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", {"Echo": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()

    async def call() -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            while True:
                await channel.unary_unary("/test.Echo/Echo")(b"x")

    callers = [asyncio.create_task(call()) for _ in range(CALLERS)]
    yield
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    await server.stop(0)


async def test_program_runs_beside_busy_threads_of_grpc(account: Account) -> None:
    def run_all() -> list[tuple[int, str]]:
        return [account.run(["/bin/sh", "-c", "cat; id -u"], text="given ") for _ in range(RUNS)]

    async with busy_grpc():
        answers = await asyncio.to_thread(run_all)
    # The output of the program alone: no fork handler of gRPC wrote a line.
    assert answers == [(0, f"given {account.uid}")] * RUNS


def test_program_runs_with_a_bare_environment(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    _, said = account.run(["/usr/bin/env"], cluster=Path("/cluster"))
    given = {line.partition("=")[0] for line in said.splitlines()}
    assert given == {"PATH", "LC_ALL", "TZ", "PGDATA"}


def test_program_ended_by_a_signal_is_an_error_that_names_it(account: Account) -> None:
    with pytest.raises(
        EmbeddedPostgresError, match=r"/bin/sh was ended by signal 11, Segmentation fault\. last"
    ):
        account.run(["/bin/sh", "-c", "echo last words; kill -SEGV $$"])


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("/etc/passwd", "/etc/passwd: Permission denied"),
        ("/nowhere/postgres", "/nowhere/postgres: No such file or directory"),
        ("/bin/ls", ""),
    ],
)
def test_why_not_run_returns_the_reason_or_nothing(account: Account, program: str, reason: str) -> None:
    assert account.why_not_run(Path(program)) == reason
