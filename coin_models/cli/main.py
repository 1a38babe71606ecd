"""The command `coin-models`: lists the commands and turns an error into a sentence and an exit code.

Each command imports what it needs when it runs, so that `coin-models --help` is quick.
"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

import typer

from coin_models import __version__
from coin_models.cli import (
    backtest_command,
    candles_commands,
    day_commands,
    doctor_command,
    drill_command,
    fleet_commands,
    forecast_commands,
    health_command,
    home_commands,
    init_command,
    machine_commands,
    metrics_command,
    model_commands,
    money_commands,
    notify_commands,
    predict_command,
    prune_command,
    report_commands,
    request_commands,
    serve_command,
    simulate_command,
    skill_command,
    stack_command,
)
from coin_models.cli.characters import use_plain_characters
from coin_models.cli.examples import show_examples
from coin_models.errors import CoinModelsError, Interrupted
from coin_models.exit_codes import ExitCode
from coin_models.logs import json_line, log_to_stderr, writes_json
from coin_models.private_files import keep_private
from coin_models.redaction import redacted


def _leave(code: object, **_options: object) -> None:
    """Makes what a command returns the exit code."""
    raise typer.Exit(code if isinstance(code, int) else ExitCode.DONE)


app = typer.Typer(
    name="coin-models",
    no_args_is_help=True,
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


_FIRST, _DAILY, _MONEY, _MACHINES = "First", "Every day", "Cost and risk", "Machines and proofs"


def _add(name: str, command: Callable[..., int], panel: str) -> None:
    """A command in its panel of `--help`."""
    app.command(name, rich_help_panel=panel)(command)


_add("init", init_command.init, _FIRST)
_add("doctor", doctor_command.doctor, _FIRST)
_add("settings", machine_commands.settings, _FIRST)
app.add_typer(home_commands.app, name="home", rich_help_panel=_FIRST)
_add("retrain", day_commands.retrain, _DAILY)
_add("status", day_commands.status, _DAILY)
_add("report", report_commands.report, _DAILY)
_add("skill", skill_command.skill, _DAILY)
_add("predict", predict_command.predict, _DAILY)
_add("backtest", backtest_command.backtest, _DAILY)
app.add_typer(forecast_commands.app, name="forecasts", rich_help_panel=_DAILY)
_add("serve", serve_command.serve, _DAILY)
app.add_typer(model_commands.app, name="models", rich_help_panel=_DAILY)
_add("patterns", report_commands.patterns, _DAILY)
app.add_typer(candles_commands.app, name="candles", rich_help_panel=_DAILY)
_add("unquarantine", day_commands.unquarantine, _DAILY)
app.add_typer(request_commands.app, name="requests", rich_help_panel=_DAILY)
app.command("retry", hidden=True)(day_commands.retry)
_add("plan", money_commands.plan, _MONEY)
_add("costs", money_commands.costs, _MONEY)
_add("ui", machine_commands.ui, _MACHINES)
_add("prune", prune_command.prune, _MACHINES)
_add("health", health_command.health, _MACHINES)
_add("metrics", metrics_command.metrics, _MACHINES)
app.add_typer(notify_commands.app, name="notify", rich_help_panel=_MACHINES)
_add("worker", fleet_commands.worker, _MACHINES)
_add("workers", fleet_commands.workers, _MACHINES)
_add("backfill", fleet_commands.backfill, _MACHINES)
app.add_typer(stack_command.app, name="stack", rich_help_panel=_MACHINES)
_add("drill", drill_command.drill, _MACHINES)
_add("simulate", simulate_command.simulate, _MACHINES)
_add("bench", machine_commands.bench, _MACHINES)
show_examples(app)


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    use_plain_characters(sys.stdout, sys.stderr)
    keep_private()
    log_to_stderr()
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
        _report_error(f"error: {away}{error}", error.exit_code)
        return error.exit_code
    except Interrupted as error:
        _report_error(f"interrupted: {error}", error.exit_code)
        return error.exit_code
    return ExitCode.DONE


def _report_error(sentence: str, code: int) -> None:
    """One sentence on stderr; where logs are JSON, as an object with the exit code."""
    line = json_line("ERROR", "coin_models", sentence, exit_code=int(code)) if writes_json() else redacted(sentence)
    print(line, file=sys.stderr)


def _last_words(error: BaseException) -> str:
    """What the KeyboardInterrupt that typer turned into an exit had to say."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__ or cause.__context__
    return str(cause or "") or "finished work is kept; `coin-models retrain` continues from here"
