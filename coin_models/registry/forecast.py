"""Forecasts with a stored model, in numpy alone, without torch or Dagster.

From candles to quantiles of the return over the next horizon.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coin_models.errors import ModelOutdated, UsageError
from coin_models.features.feature_sets import OwnFeatures
from coin_models.features.memories import Memories
from coin_models.features.splits import sample_rows
from coin_models.features.table import (
    FeatureTable,
    build_features,
    feature_names,
    horizon_volatility,
    width_feature_names,
)
from coin_models.market.candles import Candles
from coin_models.market.frames import candles_of
from coin_models.market.timeframe import Timeframe, datetime_of_ms, parse_timeframe
from coin_models.models.horizons import horizon_minutes, horizon_name, main_minutes
from coin_models.models.mean import scaled_quantiles
from coin_models.models.reference import Reference
from coin_models.registry.bundle import Bundle, Manifest
from coin_models.registry.fingerprint import feature_set_digests
from coin_models.settings.levels import QUANTILE, REFERENCE, level_column
from coin_models.settings.market import MarketSettings

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Quantiles of a coin's price one horizon ahead."""

    coin: str
    version_id: str
    forecaster: (
        str  # "champion", "reference" where the coin has no champion, "pool" where it is too young for a version
    )
    made_at: datetime  # close of the last candle it saw, UTC
    valid_until: datetime  # made_at plus the horizon: the moment of the forecast, UTC
    price: float  # close of that candle, in the quote asset
    returns: dict[float, float]  # quantile level -> simple return, a fraction
    prices: dict[float, float]  # quantile level -> price in the quote asset

    def to_json(self) -> dict[str, object]:
        """The forecast as JSON can hold it; levels as text."""
        return {
            "coin": self.coin,
            "version_id": self.version_id,
            "forecaster": self.forecaster,
            "made_at": self.made_at.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            "price": self.price,
            "returns": {str(level): value for level, value in self.returns.items()},
            "prices": {str(level): value for level, value in self.prices.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedModel:
    """A model version in memory, ready to forecast."""

    bundle: Bundle = field(repr=False)
    version_id: str
    only_reference: bool = False  # forecast by the reference member alone
    pooled_from: tuple[
        str, ...
    ] = ()  # versions of other coins whose references' mean this is; empty: the coin's own version

    def __post_init__(self) -> None:
        architecture = self.manifest.architecture
        wanted = (*architecture.feature_names, *architecture.width_names)
        widths = width_feature_names(self.timeframe) if architecture.has_reference else ()
        if wanted != (*feature_names(self.timeframe), *architecture.own_names, *widths):
            raise ModelOutdated(
                f"model version {self.version_id} reads {len(wanted)} features that this code does not compute: "
                "it was trained by another version of coin_models; retrain it, or use that version"
            )
        try:
            installed = feature_set_digests(self.feature_sets)
        except UsageError as error:
            raise ModelOutdated(f"model version {self.version_id} cannot be read here: {error}") from error
        if other := [name for name, digest in architecture.feature_sets if installed[name] != digest]:
            raise ModelOutdated(
                f"model version {self.version_id} was trained with other code of the feature set {other[0]!r} than is installed "
                "here; retrain it, or install that code"
            )

    @property
    def manifest(self) -> Manifest:
        """What the model is."""
        return self.bundle.manifest

    @property
    def forecaster(self) -> str:
        """As what it forecasts: "champion", "reference" where the coin has no champion, "pool" where it has no version."""
        if self.pooled_from:
            return "pool"
        return "reference" if self.only_reference else "champion"

    @property
    def timeframe(self) -> Timeframe:
        """The length of the candles that it reads."""
        return parse_timeframe(self.manifest.architecture.timeframe)

    @property
    def feature_sets(self) -> tuple[str, ...]:
        """The feature sets whose columns it reads."""
        return tuple(name for name, _ in self.manifest.architecture.feature_sets)

    @property
    def num_candles_needed(self) -> int:
        """Candles, without long gaps, that `predict` needs."""
        return Memories.of(self.timeframe.seconds).history + self.manifest.architecture.window

    def at(self, horizon: str | None) -> "LoadedModel":
        """The same version, forecasting another of its horizons, such as `4h`; None: the main one.

        Raises:
            UsageError: the version, or the pool, does not forecast that horizon.
        """
        if horizon is None:
            return self
        minutes, main = horizon_minutes(horizon), main_minutes(self.manifest.architecture)
        if self.pooled_from and minutes != main:
            raise UsageError(f"{self.manifest.coin}: the pool forecasts this coin, only {horizon_name(main)} ahead")
        return replace(self, bundle=self.bundle.at(minutes))

    def predict(
        self, ohlcv: "pd.DataFrame | Candles | Sequence[Sequence[float]]", *, horizon: str | None = None
    ) -> Forecast:
        """Forecasts the return over the horizon that follows the last candle.

        Args:
            ohlcv: closed candles of the model's timeframe, `num_candles_needed` or more: a DataFrame, the lists of ccxt or
                `Candles`, as `market.frames.candles_of` reads them.
            horizon: as `at`.

        Raises:
            CandlesRejected: they are not good candles.
            UsageError: too few, a long gap too near to the end, or a horizon that the version does not forecast.
        """
        if horizon is not None:
            return self.at(horizon).predict(ohlcv)
        table = self.features(self._candles(ohlcv))
        last = len(table) - 1
        if not len(rows := sample_rows(table, self.manifest.architecture.window)) or rows[-1] != last:
            raise UsageError(
                f"{self.manifest.coin}: no forecast from these {len(table)} candles: {self.num_candles_needed} are "
                f"needed up to the last one, with no gap of more than {self.manifest.max_fill_candles}"
            )
        log_returns = self.log_returns(table, np.array([last]))[0]
        return self._forecast(table, log_returns)

    def predict_each(self, ohlcv: "pd.DataFrame | Candles | Sequence[Sequence[float]]") -> "pd.DataFrame":
        """Forecasts the return over the horizon that follows each candle, from that candle and those before it alone.

        What lies before `manifest.day`, it was fitted on: only later rows say how good it is.

        Args:
            ohlcv: as `predict`.

        Returns:
            (N, Q): the open time of each candle, UTC, as index; a column per quantile level; simple returns, a fraction,
            from the candle's close on; NaN where too few candles come before, or a gap does.

        Raises:
            CandlesRejected: they are not good candles.
        """
        import pandas as pd

        candles = self._candles(ohlcv)
        table = self.features(candles)
        rows = sample_rows(table, self.manifest.architecture.window)
        values = np.full((len(table), len(self.manifest.architecture.quantiles)), np.nan)
        values[rows] = np.expm1(self.log_returns(table, rows))
        at = np.searchsorted(table.open_time_ms, candles.open_time_ms)
        return pd.DataFrame(
            values[at], index=candles.to_frame().index, columns=list(self.manifest.architecture.quantiles)
        )

    def predict_history(self, ohlcv: "pd.DataFrame | Candles | Sequence[Sequence[float]]") -> "pd.DataFrame":
        """Forecasts from each candle, as `predict_each`, in the columns of `coin_models.forecasts`: one code scores both.

        What this version saw it cannot forecast: rows with `day` up to `version_day` say nothing about how good it is.

        Args:
            ohlcv: as `predict`.

        Returns:
            A row per candle that a forecast can be made from: the UTC index `made_at`, and the columns day, coin, version_id,
            version_day, valid_until, `quantile_<level>`, `reference_<level>` where the version holds a reference, scale, and
            realised, NaN where the candle at `valid_until` is not among these.

        Raises:
            CandlesRejected: they are not good candles.
        """
        import pandas as pd

        candles, architecture = self._candles(ohlcv), self.manifest.architecture
        table = self.features(candles)
        rows = sample_rows(table, architecture.window)
        rows = rows[table.real[rows]]
        opened = pd.DatetimeIndex(table.open_time_ms[rows].astype("datetime64[ms]")).tz_localize("UTC")
        step = pd.Timedelta(seconds=self.timeframe.seconds).as_unit("ms")
        made_at = (opened + step).rename("made_at")
        columns: dict[str, Any] = {
            "day": opened.tz_localize(None).normalize(),
            "coin": self.manifest.coin,
            "version_id": self.version_id,
            "version_day": pd.Timestamp(self.manifest.day).as_unit("ms"),
            "valid_until": made_at + architecture.horizon * step,
        }
        for prefix, model in self._members():
            returns = model.log_returns(table, rows)
            columns |= {level_column(prefix, level): returns[:, k] for k, level in enumerate(architecture.quantiles)}
        columns["scale"] = horizon_volatility(table, architecture.horizon)[rows]
        close = candles.to_frame()["close"].set_axis(candles.to_frame().index + step)
        columns["realised"] = np.log(close.reindex(columns["valid_until"]).to_numpy() / close.loc[made_at].to_numpy())
        return pd.DataFrame(columns, index=made_at)

    def _members(self) -> "Iterator[tuple[str, LoadedModel]]":
        """What is forecast with, by the prefix of its columns."""
        yield QUANTILE, self
        if self.manifest.architecture.has_reference:
            yield REFERENCE, replace(self, only_reference=True)

    def features(self, candles: Candles) -> FeatureTable:
        """The feature table of these candles, with this model's rule for gaps and its feature sets.

        Raises:
            UsageError: a feature set fails.
        """
        minutes = self.manifest.max_fill_candles * self.timeframe.seconds // 60
        own = OwnFeatures(coin=self.manifest.coin, sets=self.feature_sets)
        return build_features(candles, _rule_for_gaps(minutes), own)

    def log_returns(self, table: FeatureTable, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Quantiles of the log return over the horizon that follows each of the rows, (N, Q), ascending along Q.

        Args:
            table: features on the full grid, T rows; columns of other feature sets are passed over.
            rows: (N,) rows whose window of `architecture.window` rows is whole (`features.splits.sample_rows`).
        """
        scale = horizon_volatility(table, self.manifest.architecture.horizon)[rows]
        return self.scaled_quantiles(table, rows) * scale[:, np.newaxis]

    def scaled_quantiles(self, table: FeatureTable, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """As `log_returns`, in units of the horizon's volatility, as `features.table.build_targets`."""
        table = table.with_own(self.manifest.architecture.own_names)
        if self.only_reference:
            return Reference.of_tensors(self.bundle.weights).scaled_quantiles(table, rows)
        manifest = self.manifest
        return scaled_quantiles(manifest.architecture, self.bundle.weights, manifest.scaling, table, rows)

    def _candles(self, ohlcv: "pd.DataFrame | Candles | Sequence[Sequence[float]]") -> Candles:
        timeframe = self.timeframe
        candles = candles_of(ohlcv, timeframe, self.manifest.coin)
        if candles.timeframe != timeframe or not len(candles):
            raise UsageError(
                f"{self.manifest.coin}: the model reads candles of {timeframe.name}; "
                f"found {len(candles)} of {candles.timeframe.name}"
            )
        return candles

    def _forecast(self, table: FeatureTable, log_returns: NDArray[np.float64]) -> Forecast:
        architecture = self.manifest.architecture
        step = timedelta(seconds=self.timeframe.seconds)
        made_at = datetime_of_ms(int(table.open_time_ms[-1])) + step
        price = float(table.close[-1])
        growth = dict(zip(architecture.quantiles, np.exp(log_returns).tolist(), strict=True))
        return Forecast(
            coin=self.manifest.coin,
            version_id=self.version_id,
            forecaster=self.forecaster,
            made_at=made_at,
            valid_until=made_at + architecture.horizon * step,
            price=price,
            returns={level: factor - 1 for level, factor in growth.items()},
            prices={level: price * factor for level, factor in growth.items()},
        )


@cache
def _rule_for_gaps(minutes: int) -> MarketSettings:
    """Made and checked once, not at each forecast."""
    return MarketSettings(max_fill_minutes=minutes)
