"""The command `coin-models`: lists the commands and turns an error into a sentence and an exit code.

Each command imports what it needs when it runs, so that `coin-models --help` is quick.
"""

import logging
import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from coin_models import __version__
from coin_models.cli import (
    candles_commands,
    day_commands,
    doctor_command,
    drill_command,
    fleet_commands,
    health_command,
    home_commands,
    machine_commands,
    model_commands,
    money_commands,
    notify_commands,
    report_commands,
    request_commands,
    stack_command,
)
from coin_models.cli.characters import use_plain_characters
from coin_models.errors import CoinModelsError, Interrupted
from coin_models.exit_codes import ExitCode


def _leave(code: object, **_options: object) -> None:
    """Makes what a command returns the exit code."""
    raise typer.Exit(code if isinstance(code, int) else ExitCode.DONE)


app = typer.Typer(
    name="coin-models",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    result_callback=_leave,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Retrains one forecasting model per coin every day, on machines that may be interrupted at any time."""


app.command("retrain")(day_commands.retrain)
app.command("status")(day_commands.status)
app.command("unquarantine")(day_commands.unquarantine)
app.add_typer(request_commands.app, name="requests")
app.command("retry", hidden=True)(day_commands.retry)
app.add_typer(candles_commands.app, name="candles")
app.add_typer(model_commands.app, name="models")
app.command("predict")(model_commands.predict)
app.command("patterns")(report_commands.patterns)
app.command("report")(report_commands.report)
app.command("plan")(money_commands.plan)
app.command("costs")(money_commands.costs)
app.add_typer(notify_commands.app, name="notify")
app.add_typer(home_commands.app, name="home")
app.command("settings")(machine_commands.settings)
app.command("ui")(machine_commands.ui)
app.command("worker")(fleet_commands.worker)
app.command("workers")(fleet_commands.workers)
app.command("backfill")(fleet_commands.backfill)
app.command("doctor")(doctor_command.doctor)
app.command("health")(health_command.health)
app.add_typer(stack_command.app, name="stack")
app.command("drill")(drill_command.drill)
app.command("bench")(machine_commands.bench)


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    use_plain_characters(sys.stdout, sys.stderr)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    code = run(sys.argv[1:])
    # Whatever the work needs has been closed by the work. The rest is a second of taking five thousand modules apart, and,
    # after an interruption, of waiting for threads that fetch or upload: what they have not finished was never there.
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):  # of `| head`
            stream.flush()
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit code. One sentence on stderr for every error foreseen, never a traceback."""
    try:
        app(arguments)
    except SystemExit as left:  # how typer ends; it has said by now what is wrong with the arguments
        if left.code == ExitCode.CTRL_C:
            print(f"interrupted: {_last_words(left)}", file=sys.stderr)
        return left.code if isinstance(left.code, int) else ExitCode.COULD_NOT_WORK
    except CoinModelsError as error:
        away = f"{error.place} unavailable: " if error.transient else ""
        print(f"error: {away}{error}", file=sys.stderr)
        return error.exit_code
    except Interrupted as error:
        print(f"interrupted: {error}", file=sys.stderr)
        return error.exit_code
    return ExitCode.DONE


def _last_words(error: BaseException) -> str:
    """What the KeyboardInterrupt that typer turned into an exit had to say."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__ or cause.__context__
    return str(cause or "") or "finished work is kept; `coin-models retrain` continues from here"
