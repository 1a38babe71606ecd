"""The doctor's checks of resources: disk, candles, training device, waiting times, notification channels."""

import importlib.util
import os
from collections.abc import Sequence
from datetime import date, timedelta

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.migrate import HEAD, current_revision
from coin_models.diagnostics.findings import Finding, Level
from coin_models.market.source import CandleSource
from coin_models.market.sources.factory import build_source
from coin_models.operations.preflight import require_disk_space
from coin_models.pipeline.coin_days import State
from coin_models.pipeline.services import Services
from coin_models.pipeline.status import read_status
from coin_models.reporting.notifications.channels import build_channels
from coin_models.reporting.notifications.health import channel_health
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings

_SHOWN = 3
_BF16 = (
    "this processor has bf16: COIN_MODELS_TRAINING_PRECISION=bf16 makes steps faster (`coin-models bench` measures it), "
    "and every fingerprint changes once"
)


def check_disk(settings: Settings) -> Finding:
    """The home folder can be written, and has room for candles, checkpoints and weights."""
    require_disk_space(settings)
    folder = settings.home.absolute()
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(
            name="disk",
            level=Level.ERROR,
            text=f"{folder} cannot be written by this user",
            advice="set COIN_MODELS_HOME to a folder of yours, or change its owner",
        )
    return Finding(name="disk", text=f"{settings.home.absolute()}: enough room (operations.min_free_disk_mib)")


def quick_source(settings: Settings, clock: Clock) -> CandleSource:
    """The candle source, asked once instead of again and again."""
    market = settings.market.model_copy(update={"exchange_attempts": 1})
    return build_source(settings.model_copy(update={"market": market}), clock)


def check_source(source: CandleSource, coins: Sequence[str], day: date, market: MarketSettings) -> Finding:
    """The source has every coin of the universe, and delivers a whole newest day of the first of them."""
    unknown = sorted(set(coins) - set(source.coins()))
    if unknown or not coins:
        return Finding(
            name="candles",
            level=Level.ERROR,
            text=f"{source.name} does not have {', '.join(unknown[:_SHOWN]) or 'any coin'}",
            advice="correct COIN_MODELS_UNIVERSE or COIN_MODELS_QUOTE",
        )
    candles = source.fetch(coins[0], day - timedelta(days=1), day)
    newest = candles.slice_days(day, day)
    expected = candles.timeframe.candles_per_day
    summary = f"{source.name}, {len(coins)} coins; {coins[0]} has {len(newest)} of {expected} candles of {day}"
    if len(newest) < market.min_day_coverage * expected:
        return Finding(
            name="candles",
            level=Level.WARNING,
            text=summary,
            advice="give older days (--day), or update the source: a day with too few candles is not trained",
        )
    return Finding(name="candles", text=summary)


def check_device(training: TrainingSettings, *, processor_flags: frozenset[str] | None = None) -> Finding:
    """There is something to fit on; a control machine needs nothing. Names bf16 where the processor has it."""
    if importlib.util.find_spec("torch") is None:
        return Finding(
            name="device",
            level=Level.WARNING,
            text="torch is not installed: this machine can monitor and forecast, not train",
            advice="to train here: pip install 'coin_models[train]'",
        )
    from coin_models.training.hardware import choose_cohort_size, choose_device, choose_num_threads
    from coin_models.training.process import has_bf16

    device = choose_device(training)
    text = f"{device.type}, {choose_num_threads(training)} threads, cohorts of {choose_cohort_size(training)} coins"
    if device.type == "cpu" and training.precision == "float32" and has_bf16(processor_flags):
        text += f"; {_BF16}"
    return Finding(name="device", text=text)


def check_quarantine(services: Services, database: Database | None) -> Finding:
    """No recent coin-day is quarantined."""
    if not has_tables(database):
        return Finding(name="quarantine", text="no runs yet")
    days = services.settings.operations.resume_window_days
    quarantined = read_status(services, last=days).coin_days.keys_in_state(State.QUARANTINED)
    if not quarantined:
        return Finding(name="quarantine", text=f"no coin is quarantined in the last {days} days")
    shown = ", ".join(f"{coin} {day}" for coin, day in quarantined[:_SHOWN])
    return Finding(
        name="quarantine",
        level=Level.WARNING,
        text=f"{len(quarantined)} coin-day(s) quarantined after {services.settings.operations.max_attempts} errors: {shown}",
        advice="`coin-models status` has the reasons; `coin-models unquarantine COIN` tries again",
    )


def check_channels(settings: Settings, database: Database | None) -> Finding:
    """Messages arrive."""
    channels = build_channels(settings.notify)
    if not channels:
        return Finding(name="notifications", text="no channel is configured (COIN_MODELS_NOTIFY_URLS)")
    if database is None or not has_tables(database):
        return Finding(name="notifications", text=f"{len(channels)} channel(s), nothing sent yet")
    dead = [health for health in channel_health(database, channels) if health.is_dead]
    if not dead:
        return Finding(name="notifications", text=f"{len(channels)} channel(s), no errors")
    return Finding(
        name="notifications",
        level=Level.WARNING,
        text="; ".join(f"{health.label} does not work: {health.last_error}" for health in dead),
        advice="check COIN_MODELS_NOTIFY_URLS and that this machine reaches the service",
    )


def has_tables(database: Database | None) -> bool:
    """Whether the tables are there as this code knows them; looking at them must not make or upgrade them."""
    if database is None:
        return False
    with database.read() as connection:
        return current_revision(connection) == HEAD
