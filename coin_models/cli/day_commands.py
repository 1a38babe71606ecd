"""`retrain`, `status`, `retry`: the commands about trading days.

Belongs here: turning options into calls and results into text. Not here: the work (daily/, defs/launch.py).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import DayBar, day_bar, out, print_json
from coin_models.clock import SystemClock
from coin_models.errors import UsageError

if TYPE_CHECKING:
    from coin_models.pipeline.services import Services
    from coin_models.settings.root import Settings


def retrain(
    day: options.Day = None,
    first: options.First = None,
    last: options.Last = None,
    coins: options.Coins = None,
    force: Annotated[bool, typer.Option("--force", help="Train also what is there already.")] = False,
    as_json: options.AsJson = False,
    phase_file: Annotated[Path | None, typer.Option("--phase-file", hidden=True)] = None,
) -> int:
    """Work out what is missing and train only that: candles, models, and what follows from them."""
    from coin_models.cli.signals import interruptible

    with interruptible() as signals:
        from coin_models.cli.retraining import RetrainingSession
        from coin_models.settings.load import load_settings

        settings = load_settings()
        days = options.parse_days(day, first, last, SystemClock())
        with day_bar() as bar:
            session = RetrainingSession(_services(settings, bar, phase_file), bar, signals)
            reports = session.run(days, coins, force=force)
    if as_json:
        content = [report.to_json() for report in reports]
        print_json(content if first else content[0])
    else:
        from coin_models.cli.tables import print_day_reports

        print_day_reports(out, reports, settings)
    return session.exit_code(reports)


def _services(settings: "Settings", bar: DayBar, phase_file: Path | None) -> "Services":
    """The services; one that is instrumented where `coin-models drill` started this process."""
    if phase_file is None:
        from coin_models.pipeline.services import Services

        return Services(settings=settings, progress=bar)
    from coin_models.drill.instrumented import instrumented_services

    return instrumented_services(settings, bar, phase_file)


def status(
    day: options.Day = None,
    last: Annotated[int, typer.Option("--last", help="Show this many days.", min=1, max=1100)] = 7,
    coins: options.Coins = None,
    as_json: options.AsJson = False,
) -> int:
    """Coins and days: what is done, missing, failed, and why."""
    from coin_models.cli.tables import print_status
    from coin_models.pipeline.services import Services
    from coin_models.pipeline.status import read_status
    from coin_models.settings.load import load_settings

    settings = load_settings()
    days = options.parse_days(day, None, None, SystemClock()) if day else None
    found = read_status(Services(settings=settings), days=days, last=last, coins=coins)
    if as_json:
        print_json(found.to_json())
    else:
        print_status(out, found)
    return 0


def retry(
    coin: Annotated[str, typer.Argument(help="The coin to release from quarantine.")],
    day: Annotated[str | None, typer.Option("--day", help="Only this trading day.")] = None,
) -> int:
    """Forgive a coin's failures, so that it is tried again."""
    from coin_models.market.universe import resolve_universe
    from coin_models.pipeline.services import Services
    from coin_models.settings.load import load_settings

    settings = load_settings()
    name = options.parse_coin(coin, resolve_universe(settings))
    when = options.parse_day(day, "--day") if day else None
    num_released = Services(settings=settings).attempts.release(name, when)
    if not num_released:
        on = f" on {when}" if when else ""
        raise UsageError(f"{name} has no failure to forgive{on}; `coin-models status` shows why it is not trained")
    out.print(f"{name}: {num_released} failure(s) forgiven; the resume sensor or `coin-models retrain` tries it again")
    return 0
