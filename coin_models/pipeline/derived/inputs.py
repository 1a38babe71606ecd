"""What the digests are made of and no row of the decisions says: candles, wanted fingerprints, settings, code.

Belongs here: where each comes from. Not here: what follows from it (`facts`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from coin_models.pipeline.derived.digests import digest
from coin_models.pipeline.derived.facts import CandleDigests, Rules
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.prepare import first_candle_day
from coin_models.registry.fingerprint import fingerprint
from coin_models.reporting.daily.collect import HISTORY_DAYS
from coin_models.settings.root import Settings

TRADING_CODE: Final = "1"
REPORT_CODE: Final = "1"

WantedFingerprint = Callable[[str, date], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What comes from the candles and from the plan; tests pass their own."""

    candles: CandleDigests
    wanted: WantedFingerprint


def no_candles(coin: str, day: date, num_days: int) -> str:
    """Nothing is known of the candles: that they changed goes unnoticed."""
    return ""


def none_wanted(coin: str, day: date) -> str | None:
    """Nothing is known of the plan: the newest published version of a day counts."""
    return None


def read_inputs(services: Services, coins: Sequence[str], first: date, last: date) -> Inputs:
    """The inputs of these coins for the days `first` to `last`."""
    return Inputs(candles=no_candles, wanted=none_wanted)


def rules_of(settings: Settings) -> Rules:
    """The settings and the code that decide trades, patterns and reports."""
    trading = settings.trading.model_dump(mode="json")
    pattern = {name: value for name, value in trading.items() if name.startswith("pattern_")}
    trade = {name: value for name, value in trading.items() if name not in pattern and name != "bootstrap_samples"}
    horizon = settings.training.horizon_candles
    candles = {"timeframe": settings.timeframe, "max_fill_candles": settings.market.max_fill_candles}
    day = date(2000, 1, 1)
    candle_days = (day - first_candle_day(day, settings)).days + 1
    return Rules(
        trades=fingerprint(trading=trade, candles=candles, candle_days=candle_days, code=TRADING_CODE),
        patterns=fingerprint(patterns=pattern, timeframe=settings.timeframe, horizon=horizon, code=TRADING_CODE),
        report=digest("report", REPORT_CODE, settings.timeframe, str(settings.trading.bootstrap_samples)),
        candle_days=candle_days,
        pattern_days=settings.trading.pattern_window_days,
        report_days=HISTORY_DAYS,
    )
