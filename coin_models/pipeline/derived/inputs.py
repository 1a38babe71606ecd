"""Those inputs of the digests that are in no row of the decisions: candles, wanted fingerprints, settings, code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from coin_models.features.feature_sets import own_tables
from coin_models.features.own_table import with_tables
from coin_models.market.candle_index import CandleIndex
from coin_models.market.history import History
from coin_models.market.timeframe import parse_timeframe
from coin_models.pipeline.derived.digests import digest
from coin_models.pipeline.derived.facts import CandleDigests, Rules
from coin_models.pipeline.plan.recipe import Recipe, first_candle_day, recipe_of
from coin_models.pipeline.plan.wanted import Wanted, wanted_of
from coin_models.pipeline.services import Services
from coin_models.registry.fingerprint import fingerprint
from coin_models.registry.source_tokens import significant_tokens
from coin_models.reporting.report.collect import HISTORY_DAYS
from coin_models.settings.root import Settings

REPORT_CODE: Final = "2"  # raised when the report shows something else: it decides nothing, so its code is not digested

_PACKAGE = Path(__file__).parents[2]
TRADING_CODE = ("trading/*.py", "features/*.py")
PATTERN_CODE = ("trading/patterns/*.py",)

_VERSION_DAYS: Final = 60  # back from the first day: older versions do not contend
_HEX: Final = 64  # characters of a window's digest

WantedFingerprint = Callable[[str, date], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What comes from the candles and from the plan; tests pass their own."""

    candles: CandleDigests
    wanted: WantedFingerprint


class WindowDigests:
    """Digests of the candles that are stored, from the index; a coin that was not named is read when it is requested."""

    def __init__(
        self,
        index: CandleIndex,
        coins: Sequence[str],
        first: date,
        last: date,
        feature_sets: Sequence[str] = (),
    ) -> None:
        self._index, self._first, self._last, self._sets = index, first, last, feature_sets
        self._histories: dict[str, History] = {}
        self._read(coins)
        self._windows: dict[tuple[str, int], str] = {}

    def __call__(self, coin: str, day: date, num_days: int) -> str:
        """Of the `num_days` days that end with `day`, hexadecimal.

        Raises:
            ValueError: the day is outside of the span that was read.
        """
        if not self._first <= day <= self._last:
            raise ValueError(f"candles of {self._first} to {self._last} were read, not of {day}")
        if (coin, num_days) not in self._windows:
            self._windows[coin, num_days] = self._all_windows(coin, num_days)
        start = (day - self._first).days * _HEX
        return self._windows[coin, num_days][start : start + _HEX]

    def history(self, coin: str) -> History:
        """What is known of the coin's days of the span."""
        if coin not in self._histories:
            self._read([coin])
        return self._histories[coin]

    def _read(self, coins: Sequence[str]) -> None:
        for coin, history in self._index.histories(coins, self._first, self._last).items():
            self._histories[coin] = with_tables(history, own_tables(self._sets, coin))

    def _all_windows(self, coin: str, num_days: int) -> str:
        """The windows of every day of the span, one after the other: one sum for all of them."""
        ordinals = np.arange(self._first.toordinal(), self._last.toordinal() + 1, dtype=np.int64)
        return self.history(coin).window_digest(ordinals, num_days).tobytes().hex()


class PlannedFingerprints:
    """The fingerprints that the plan wants, worked out coin by coin when they are requested."""

    def __init__(self, candles: WindowDigests, recipe: Recipe, first: date, last: date) -> None:
        self._candles, self._recipe, self._first, self._last = candles, recipe, first, last
        self._by_coin: dict[str, Wanted] = {}

    def __call__(self, coin: str, day: date) -> str | None:
        """Hexadecimal; None where no version is wanted or its candles are not known."""
        if not self._first <= day <= self._last:
            return None
        if coin not in self._by_coin:
            history = self._candles.history(coin)
            self._by_coin[coin] = wanted_of(coin, history, self._first, self._last, self._recipe)
        return self._by_coin[coin].of_day(day)


def read_inputs(services: Services, coins: Sequence[str], first: date, last: date) -> Inputs:
    """The inputs of these coins for the days `first` to `last`."""
    rules, recipe = rules_of(services.settings), recipe_of(services.settings)
    first_version = first - timedelta(days=_VERSION_DAYS)
    back = min(
        first - timedelta(days=max(rules.candle_days, rules.pattern_days) - 1),
        recipe.first_candle_day(recipe.parents_from(first_version)),
    )
    candles = WindowDigests(services.candle_index, coins, back, last, services.settings.training.features)
    return Inputs(candles=candles, wanted=PlannedFingerprints(candles, recipe, first_version, last))


@cache
def code_version(*patterns: str) -> str:
    """SHA-256, hexadecimal, of the tokens of the package's modules that these patterns name, comments and docstrings left out."""
    files = sorted(path for pattern in patterns for path in _PACKAGE.glob(pattern))
    tokens = ["\0".join(significant_tokens(path.read_text(encoding="utf-8"))) for path in files]
    return digest("code", [path.relative_to(_PACKAGE).as_posix() for path in files], tokens)


def rules_of(settings: Settings) -> Rules:
    """The settings and the code that decide trades, patterns and reports."""
    seconds = parse_timeframe(settings.timeframe).seconds
    trading = settings.trading.model_dump(mode="json")
    pattern = {name: value for name, value in trading.items() if name.startswith("pattern_")}
    trade = {name: value for name, value in trading.items() if name not in pattern and name != "bootstrap_samples"}
    horizon = settings.training.horizon_candles(seconds)
    candles = {"timeframe": settings.timeframe, "max_fill_candles": settings.market.max_fill_candles(seconds)}
    day = date(2000, 1, 1)
    candle_days = (day - first_candle_day(day, settings)).days + 1
    return Rules(
        trades=fingerprint(trading=trade, candles=candles, candle_days=candle_days, code=code_version(*TRADING_CODE)),
        patterns=fingerprint(
            patterns=pattern, timeframe=settings.timeframe, horizon=horizon, code=code_version(*PATTERN_CODE)
        ),
        report=digest("report", REPORT_CODE, settings.timeframe, str(settings.trading.bootstrap_samples)),
        candle_days=candle_days,
        pattern_days=settings.trading.pattern_window_days,
        report_days=HISTORY_DAYS,
    )
