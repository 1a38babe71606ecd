"""`coin_models.status`, `retrain` and `backtest`: for programs and notebooks what the commands of these names are in a terminal.

What a command does is decided below (`pipeline`, `defs`). `coin_models` offers these functions by name, and imports this module
when the first of them is used.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coin_models.clock import SystemClock
from coin_models.market.trading_day import complete_days
from coin_models.market.universe import chosen_coins, resolve_universe
from coin_models.pipeline.run_days import DaysAsked, NoLine
from coin_models.pipeline.run_summary import RunSummary
from coin_models.pipeline.services import Services, open_services
from coin_models.pipeline.status import read_status
from coin_models.reporting.backtest.result import Backtest
from coin_models.settings.load import load_settings
from coin_models.settings.root import Settings

if TYPE_CHECKING:
    import pandas as pd

    from coin_models.operations.signals import SignalRecorder

_DAYS_SHOWN: Final = 7

Coins = Sequence[str] | str | None
"""Base assets in any spelling, one or several; None: the universe."""


def status(
    coins: Coins = None, first: date | None = None, last: date | None = None, *, settings: Settings | None = None
) -> "pd.DataFrame":
    """Which coin-days are done, missing or failed, and why, as `coin-models status` shows it.

    Args:
        coins: base assets in any spelling; None: the universe.
        first, last: trading days, UTC; `last` None: the newest complete one, `first` None: six days before it.
        settings: read from `COIN_MODELS_*` and `coin_models.toml` when None.

    Returns:
        The index `coin`, `day`, coin by coin, oldest first; the columns state (done, missing, failed, ...), reason (None where
        the state says everything) and failures (attempts that count towards quarantine).

    Raises:
        HomeError: there is no home where the settings say, or it holds another market.
        UsageError: a coin is not in the universe, or the days are not over.
    """
    import pandas as pd

    settings = settings or load_settings()
    chosen = _chosen(coins, settings)
    with open_services(settings, create=False) as services:
        until = last or services.newest_trading_day()
        days = complete_days(first or date.fromordinal(until.toordinal() - _DAYS_SHOWN + 1), until, services.clock)
        overview = read_status(services, days=days, coins=",".join(chosen))
        rows = [
            (coin, pd.Timestamp(day), one.state.value, one.reason, one.failures)
            for coin in overview.coins
            for day, one in zip(overview.days, overview.coin_days.of_coin(coin), strict=True)
        ]
    return pd.DataFrame(rows, columns=["coin", "day", "state", "reason", "failures"]).set_index(["coin", "day"])


def retrain(
    coins: Coins = None,
    first: date | None = None,
    last: date | None = None,
    *,
    force: bool = False,
    settings: Settings | None = None,
) -> list[RunSummary]:
    """Makes what is missing of these days and only that, as `coin-models retrain`; makes the home where there is none.

    In the main thread, SIGTERM and Ctrl-C save a checkpoint first; the same call continues from there.

    Args:
        coins: base assets in any spelling; None: the universe.
        first, last: trading days, UTC; `first` None: the newest complete one, `last` None: `first`.
        force: retrain even if a matching version exists.
        settings: read from `COIN_MODELS_*` and `coin_models.toml` when None.

    Returns:
        A summary per day, oldest first: `coins` holds what was done with each, `failed` and `skipped` the reasons.

    Raises:
        UsageError: a coin is not in the universe, or the days are not over.
        HomeError: the home holds another market than the settings name.
        Interrupted: notice came; finished work is kept, the rest is checkpointed.
        TrainerUnavailable: there is something to fit, and this machine cannot (the extra `train` is missing).
    """
    with _working(settings or load_settings()) as (services, signals):
        from coin_models.defs.launch import open_executor
        from coin_models.defs.walk import walk_days

        begin = first or services.newest_trading_day()
        work = _work(services, coins, begin, last or begin, "coin_models.retrain", force=force)
        with open_executor(services, asked_by=work.asked_by) as executor:
            return walk_days(executor, work, line=NoLine(), signals=signals)


def backtest(
    coins: Coins,
    first: date,
    last: date,
    *,
    num_trials: int | None = None,
    page: str | PathLike[str] | None = None,
    settings: Settings | None = None,
) -> Backtest:
    """Walks a range forward as the nights would have, as `coin-models backtest`: trains what is missing, then scores all of it.

    Args:
        coins: base assets in any spelling; None: the universe.
        first, last: trading days, UTC.
        num_trials: settings that were tried; None: those that the home has versions of.
        page: a file for the HTML page.
        settings: read from `COIN_MODELS_*` and `coin_models.toml` when None.

    Returns:
        Skill, coverage, and equity, costs and drawdown of both shadow books, with intervals; `to_json()` is that of `--json`.

    Raises:
        RegistryError: nothing forecast these coins on these days: a coin's first model is of the day before its first forecast.
        UsageError, HomeError, Interrupted, TrainerUnavailable: as `retrain`.
    """
    with _working(settings or load_settings()) as (services, signals):
        from coin_models.defs.launch import open_executor
        from coin_models.defs.walk import walk_backtest
        from coin_models.reporting.backtest.page import render_backtest

        work = _work(services, coins, first, last, "coin_models.backtest")
        with open_executor(services, asked_by=work.asked_by) as executor:
            made = walk_backtest(executor, work, line=NoLine(), signals=signals, num_trials=num_trials).backtest
    if page is not None:
        Path(page).write_text(render_backtest(made), encoding="utf-8")
    return made


@contextmanager
def _working(settings: Settings) -> "Iterator[tuple[Services, SignalRecorder]]":
    """Services that train, and the signals that come meanwhile; only the main thread of a process hears any."""
    from coin_models.cli.signals import interruptible
    from coin_models.operations.preflight import require_disk_space
    from coin_models.operations.signals import SignalRecorder

    require_disk_space(settings)
    hears = threading.current_thread() is threading.main_thread()
    with interruptible() if hears else SignalRecorder() as signals, open_services(settings, create=True) as services:
        yield services, signals


def _work(
    services: Services, coins: Coins, first: date, last: date, asked_by: str, *, force: bool = False
) -> DaysAsked:
    return DaysAsked(
        days=complete_days(first, last, SystemClock()),
        coins=_chosen(coins, services.settings),
        named_coins=coins is not None,
        force=force,
        asked_by=asked_by,
    )


def _chosen(coins: Coins, settings: Settings) -> list[str]:
    return chosen_coins([coins] if isinstance(coins, str) else coins or (), resolve_universe(settings))
