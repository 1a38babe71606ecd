"""The command `coin-models`: the list of commands, and how an error becomes a sentence and an exit code.

Belongs here: the app and its error handling. Not here: what a command does. Each command imports what it needs when it
runs, so that `coin-models --help` is quick.
"""

import logging
import os
import sys

import click
import typer

from coin_models.cli import day_commands, doctor_command, home_commands, model_commands, stack_command
from coin_models.errors import CoinModelsError, Interrupted

_INTERRUPTED = (Interrupted.exit_code, 130)

app = typer.Typer(
    name="coin-models",
    help="Retrains one forecasting model per coin every day, on machines that may vanish at any moment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("retrain")(day_commands.retrain)
app.command("status")(day_commands.status)
app.command("retry")(day_commands.retry)
app.add_typer(model_commands.app, name="models")
app.command("predict")(model_commands.predict)
app.command("settings")(home_commands.settings)
app.command("ui")(home_commands.ui)
app.command("doctor")(doctor_command.doctor)
app.add_typer(stack_command.app, name="stack")
app.command("bench")(home_commands.bench)


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    code = run(sys.argv[1:])
    if code in _INTERRUPTED:
        # No waiting for threads that fetch or upload: what they have not finished was not there in the first place.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit code. One sentence on stderr for every error foreseen, never a traceback."""
    try:
        result = app(arguments, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return 2
    except click.exceptions.Exit as error:
        return error.exit_code
    except CoinModelsError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except Interrupted as error:
        print(f"interrupted: {error}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort) as error:
        said = str(error) or "what was finished is kept, `coin-models retrain` goes on from here"
        print(f"interrupted: {said}", file=sys.stderr)
        return 130
