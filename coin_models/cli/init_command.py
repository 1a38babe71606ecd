"""`init`: asks what a first run needs, writes coin_models.toml, and checks it with the doctor."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from coin_models.cli.console import out
from coin_models.cli.init_answers import Given, collect
from coin_models.errors import CoinModelsError, UsageError
from coin_models.exit_codes import ExitCode

_Text = str | None


def init(
    source: Annotated[_Text, typer.Option("--source", help="demo, files or exchange.")] = None,
    files: Annotated[_Text, typer.Option("--files", help="Folder of candle files; implies files.")] = None,
    exchange: Annotated[_Text, typer.Option("--exchange", help="ccxt's id, such as binance; implies exchange.")] = None,
    coins: Annotated[_Text, typer.Option("--coins", help="Coins, comma-separated.")] = None,
    quote: Annotated[_Text, typer.Option("--quote", help="Quote asset, such as USDT.")] = None,
    timeframe: Annotated[_Text, typer.Option("--timeframe", help="1m, 5m, 15m, 30m, 1h or 4h.")] = None,
    home: Annotated[_Text, typer.Option("--home", help="Folder of database, models and checkpoints.")] = None,
    machine: Annotated[_Text, typer.Option("--machine", help="owned, spot or on-demand.")] = None,
    price: Annotated[_Text, typer.Option("--price", help="US dollars per hour of a rented machine.")] = None,
    notify: Annotated[_Text, typer.Option("--notify", help="apprise URL for messages; a secret.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: options, and defaults for the rest.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a coin_models.toml that exists.")] = False,
) -> int:
    """Write a commented coin_models.toml for this folder, from questions or options, and check it."""
    from coin_models.cli.doctor_command import doctor
    from coin_models.settings.file_text import settings_text
    from coin_models.settings.load import load_settings
    from coin_models.settings.places import FILE_NAME

    path = Path.cwd() / FILE_NAME
    if path.exists() and not replace:
        raise UsageError(f"{path} exists; edit it, or give --replace to write it from these answers")
    if not yes and not sys.stdin.isatty():
        raise UsageError("init asks questions, and stdin is not a terminal; give the answers as options, and --yes")
    given = Given(
        source=source,
        files=files,
        exchange=exchange,
        coins=coins,
        quote=quote,
        timeframe=timeframe,
        home=home,
        machine=machine,
        price=price,
        notify=notify,
    )
    values = collect(given, None if yes else _prompt, _say)
    load_settings(_without_none(values))  # every problem, before anything is written
    _write(path, settings_text(values))
    _say(f"wrote {path}")
    for warning in _overridden(values):
        _say(warning)
    code = doctor()
    if code == ExitCode.DONE:
        _say("next: coin-models retrain; then coin-models ui, which retrains each night at 02:00 UTC while it runs")
    return code


def _prompt(question: str, default: str) -> str:
    return str(typer.prompt(question, default=default, show_default=bool(default)))


def _say(text: str) -> None:
    out.print(text, markup=False, soft_wrap=True)


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_none(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if value is not None
    }


def _overridden(values: Mapping[str, Any]) -> Iterator[str]:
    from coin_models.settings.load import effective_settings, load_settings
    from coin_models.settings.places import FILE_NAME

    written = set(_names(_without_none(values)))
    for row in effective_settings(load_settings()):
        if row.name in written and row.origin != FILE_NAME:
            yield f"warning: the variable {row.origin} is set, and wins over {row.name} of the file"


def _names(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _names(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _write(path: Path, text: str) -> None:
    """Whole or not at all; for its owner alone, as it may hold the URL of a channel."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".", delete=False) as file:
            file.write(text)
        os.replace(file.name, path)  # noqa: PTH105 -- a name, not a Path
    except OSError as error:
        raise CoinModelsError(f"{path} cannot be written: {error.strerror}; nothing was changed") from error
