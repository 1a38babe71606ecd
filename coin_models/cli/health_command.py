"""`health`: says in under a second whether the nights are made, for a monitor."""

import re
from datetime import timedelta
from typing import Annotated, Final

import typer

from coin_models.cli import options
from coin_models.cli.console import out, print_json
from coin_models.clock import SystemClock
from coin_models.errors import UsageError

_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400}
_PATIENCE_SECONDS: Final = 0.0  # a monitor asks again; it does not wait


def health(
    max_age: Annotated[
        str, typer.Option("--max-age", help="Greatest age of a coin's newest model, such as 90m, 26h or 2d.")
    ] = "26h",
    as_json: options.AsJson = False,
) -> int:
    """Check by the database alone that every coin has a new model. Exit code 1: none has; 3: some have none."""
    from coin_models.db.opening import open_database
    from coin_models.home.opening import has_database, no_home
    from coin_models.market.universe import resolve_universe
    from coin_models.registry.freshness import read_health
    from coin_models.settings.load import load_settings

    allowed = parse_age(max_age)
    settings = load_settings()
    if not has_database(settings, patience_seconds=_PATIENCE_SECONDS):
        raise no_home(settings)
    database = open_database(settings, migrate=False, patience_seconds=_PATIENCE_SECONDS)
    try:
        freshness = read_health(database, resolve_universe(settings), SystemClock().now(), allowed)
    finally:
        database.close()
    print_json(freshness.to_json()) if as_json else out.print(str(freshness), markup=False, soft_wrap=True)
    return freshness.exit_code


def parse_age(text: str) -> timedelta:
    """An age as it was typed: a number with m, h or d.

    Raises:
        UsageError: it is none, or not above zero.
    """
    match = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)([mhd])", text.strip())
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if seconds <= 0:
        raise UsageError(f"--max-age {text!r} is no age; use a number with m, h or d, such as 26h")
    return timedelta(seconds=seconds)
