"""The forecasts of one coin on one trading day, as a value: who forecast what from each candle, and what happened.

An outcome is part of the day on which it became known. The forecasts of a day's last horizon end on the next day, whose
value holds their outcomes: none is ever changed afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from coin_models.features.table import FeatureTable, horizon_volatility
from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms
from coin_models.trading.forecasts import Array
from coin_models.trading.history.recorder import ForecastRecorder, RecordedVersion
from coin_models.trading.scoring import realised_returns
from coin_models.trading.shadow_day import ForecastShape, ShadowDay, unconditional_quantiles_before
from coin_models.trading.trades import Role, Trader

TimesMs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """What happened after candles, N of them."""

    made_at_ms: TimesMs  # (N,) close of the candle
    valid_until_ms: TimesMs  # (N,) the horizon later
    realised: Array  # (N,) log return in between; NaN where it is not known yet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoleForecasts:
    """What one version forecast in one role, with N forecasts at Q levels; log returns over the horizon."""

    role: Role
    version_id: str
    version_day: date  # the version was fitted on candles up to the end of it
    levels: tuple[float, ...]
    quantiles: Array  # (N, Q)
    reference: Array | None  # (N, Q) of the version's reference; None: it has none, or forecast itself
    unconditional: tuple[float, ...]  # of all outcomes before the day, in units of the scale
    scale: Array  # (N,) volatility over the horizon, known when the forecast was made
    outcomes: Outcomes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayForecasts:
    """All that was forecast of a coin on a day; no roles where nothing forecast it."""

    coin: str
    day: date
    roles: tuple[RoleForecasts, ...]
    earlier: Outcomes  # of forecasts of the day before that ended on this one

    @property
    def num_forecasts(self) -> int:
        """Over all roles."""
        return sum(len(role.quantiles) for role in self.roles)

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantile levels of any of the roles, ascending."""
        return tuple(sorted({level for role in self.roles for level in role.levels}))


def forecasts_of_day(
    coin: str,
    day: date,
    candles: Candles,
    results: Sequence[ShadowDay],
    recorder: ForecastRecorder,
    version_days: Mapping[str, date],
) -> DayForecasts:
    """The forecasts behind a day's results, with the outcomes that became known on it.

    Args:
        candles: of the day and of the day before it at least.
        results: of those who traded.
        recorder: with whose versions they traded.
        version_days: by id of a version, its trading day.
    """
    of_day = candles.slice_days(day, day)
    roles = []
    for result in results:
        trader = result.trader
        made = _forecasts_of(trader, recorder[trader.version_id], of_day, version_days[trader.version_id])
        if made is not None:
            roles.append(made)
    horizons = sorted({recorder[result.trader.version_id].shape.horizon for result in results})
    return DayForecasts(coin=coin, day=day, roles=tuple(roles), earlier=_earlier_outcomes(candles, day, horizons))


def _forecasts_of(trader: Trader, version: RecordedVersion, of_day: Candles, version_day: date) -> RoleForecasts | None:
    forecaster = version.of(trader.role)
    if forecaster is None or forecaster.table is None:
        return None
    table, shape = forecaster.table, version.shape
    rows, quantiles = forecaster.forecasts_at(of_day.open_time_ms)
    realised = realised_returns(of_day, shape.horizon)
    open_ms = table.open_time_ms[rows]
    return RoleForecasts(
        role=trader.role,
        version_id=trader.version_id,
        version_day=version_day,
        levels=shape.levels,
        quantiles=quantiles,
        reference=_reference_at(version, trader.role, rows),
        unconditional=tuple(unconditional_quantiles_before(table, shape, before=trader.day)),
        scale=_scale(table, shape, rows),
        outcomes=_outcomes(
            open_ms, realised[np.searchsorted(of_day.open_time_ms, open_ms)], shape.horizon, of_day.timeframe.ms
        ),
    )


def _reference_at(version: RecordedVersion, role: Role, rows: TimesMs) -> Array | None:
    """The forecasts of the version's reference at these rows, NaN where it was not requested."""
    if role is Role.REFERENCE or version.reference is None or version.reference.table is None:
        return None
    made_rows, made = version.reference.forecasts_at(version.reference.table.open_time_ms[rows])
    returns = np.full((len(rows), len(version.shape.levels)), np.nan)
    returns[np.searchsorted(rows, made_rows)] = made
    return returns


def _scale(table: FeatureTable, shape: ForecastShape, rows: TimesMs) -> Array:
    scale: Array = horizon_volatility(table, shape.horizon)[rows]
    return scale


def _earlier_outcomes(candles: Candles, day: date, horizons: Sequence[int]) -> Outcomes:
    """Of the candles of the day before, the outcomes that lie on this day, at each of these horizons."""
    both = candles.slice_days(day - timedelta(days=1), day)
    step_ms, start_ms, parts = candles.timeframe.ms, day_start_ms(day), []
    for horizon in horizons:
        realised = realised_returns(both, horizon)
        open_ms = both.open_time_ms
        ended = (open_ms < start_ms) & (open_ms + (horizon + 1) * step_ms > start_ms) & np.isfinite(realised)
        parts.append(_outcomes(open_ms[ended], realised[ended], horizon, step_ms))
    return Outcomes(
        made_at_ms=np.concatenate([np.empty(0, np.int64), *(part.made_at_ms for part in parts)]),
        valid_until_ms=np.concatenate([np.empty(0, np.int64), *(part.valid_until_ms for part in parts)]),
        realised=np.concatenate([np.empty(0), *(part.realised for part in parts)]),
    )


def _outcomes(open_ms: TimesMs, realised: Array, horizon: int, step_ms: int) -> Outcomes:
    made_at_ms = open_ms + step_ms
    return Outcomes(made_at_ms=made_at_ms, valid_until_ms=made_at_ms + horizon * step_ms, realised=realised)
