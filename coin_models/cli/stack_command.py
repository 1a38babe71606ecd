"""`stack up | down | status | env | run`: a real PostgreSQL, a real S3 server and a broker on this machine."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coin_models.cli import day_commands, options
from coin_models.cli.console import out, print_json
from coin_models.errors import UsageError
from coin_models.exit_codes import ExitCode

if TYPE_CHECKING:
    from coin_models.dev_stack.stack import LocalStack, StackAccess

app = typer.Typer(
    help="A real PostgreSQL, a real S3 server and, for a fleet, a Redis on this machine, from wheels.",
    no_args_is_help=True,
)

Folder = Annotated[
    Path,
    typer.Option(
        "--folder", parser=options.parse_path, metavar="PATH", help="Folder for the servers' data and credentials."
    ),
]
_FOLDER = Path(".coin_models_stack")
_HOME = "COIN_MODELS_HOME"
_SOURCE = "COIN_MODELS_SOURCE"


@app.command("up")
def up(
    folder: Folder = _FOLDER,
    fleet: Annotated[
        bool, typer.Option("--fleet", help="Start a broker (Redis) too, for `coin-models worker`.")
    ] = False,
) -> int:
    """Start the servers. They run in the background until `stack down`."""
    access = local_stack(folder).up(fleet=fleet)
    broker = f", Redis on 127.0.0.1:{access.redis_port}" if access.redis_port else ""
    out.print(
        f"PostgreSQL on 127.0.0.1:{access.postgres_port}, S3 on {access.s3_endpoint_url}{broker}, data in {folder}",
        markup=False,
        soft_wrap=True,
    )
    out.print(f'use them in this shell: eval "$(coin-models stack env{_folder_option(folder)})"', markup=False)
    return 0


@app.command("down")
def down(folder: Folder = _FOLDER) -> int:
    """Stop the servers. Their data is kept."""
    stopped = local_stack(folder).down()
    text = f"stopped {' and '.join(stopped)}; the data stay in {folder}" if stopped else "nothing was running"
    out.print(text, markup=False, soft_wrap=True)
    return 0


@app.command("status")
def status(folder: Folder = _FOLDER, as_json: options.AsJson = False) -> int:
    """Show which servers run, and their addresses. The exit code is 1 unless all run."""
    servers = local_stack(folder).status()
    if as_json:
        print_json([{"name": s.name, "pid": s.pid, "address": s.address, "log": str(s.log_path)} for s in servers])
    for server in () if as_json else servers:
        running = f"runs as process {server.pid}" if server.pid else "does not run"
        out.print(
            f"{server.name:<9} {running:<26} {server.address:<24} log {server.log_path}", markup=False, soft_wrap=True
        )
    return ExitCode.DONE if all(server.pid for server in servers) else ExitCode.COULD_NOT_WORK


@app.command("env")
def env(folder: Folder = _FOLDER) -> int:
    """Print the environment variables of the stack, for `eval`. They contain credentials."""
    for name, value in environment(local_stack(folder).access(), folder).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


@app.command("run")
def run(
    folder: Folder = _FOLDER,
    day: options.Day = None,
    coins: options.Coins = None,
    with_ui: Annotated[bool, typer.Option("--ui/--no-ui", help="Start the Dagster UI afterwards.")] = True,
    port: Annotated[int, typer.Option("--port", help="Port of the UI.", min=1, max=65535)] = 3000,
) -> int:
    """Start both servers, run the daily job on them, open the UI, and stop them at the end (`make stack`)."""
    from coin_models.cli.signals import interruptible

    with interruptible(), _running(local_stack(folder)) as access:
        os.environ.update(environment(access, folder))
        trained = day_commands.retrain(day=day, coins=coins)
        if not with_ui:
            return trained
        from coin_models.defs.servers import serve
        from coin_models.settings.load import load_settings

        return serve(load_settings(), host="127.0.0.1", port=port)


@contextmanager
def _running(stack: "LocalStack") -> Iterator["StackAccess"]:
    """Both servers for the length of the block; those that ran already continue after it."""
    was_up = [server.name for server in stack.status() if server.pid is not None]
    try:
        yield stack.up()
    finally:
        stack.down(but=was_up)


def environment(access: "StackAccess", folder: Path) -> dict[str, str]:
    """The variables that point at the stack. It has a home of its own, unless one is set: checkpoints and Dagster's
    files of the embedded default are not to be mixed with its. The source is the demo market, unless one is named."""
    from coin_models.settings.load import is_named

    source = {} if is_named("source") else {_SOURCE: "demo"}
    return {_HOME: os.environ.get(_HOME) or str(folder.absolute() / "home"), **source, **access.environment()}


def _folder_option(folder: Path) -> str:
    return "" if folder == _FOLDER else f" --folder {shlex.quote(str(folder))}"


def local_stack(folder: Path) -> "LocalStack":
    """The stack in that folder, not started.

    Raises:
        UsageError: its wheels are not installed.
    """
    try:
        from coin_models.dev_stack.stack import LocalStack
    except ModuleNotFoundError as error:
        raise UsageError(f"the local stack needs {error.name}: pip install 'coin_models[stack]'") from None
    return LocalStack(folder)
