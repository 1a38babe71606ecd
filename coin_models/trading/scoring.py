"""Scores of a day's forecasts against the realised returns: pinball loss, skill, coverage.

Losses are kept as means over blocks of one horizon: forecasts one candle apart share most of their future, blocks share
little, and a few dozen numbers a day are enough to compare two versions later without forecasting again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coin_models.market.candles import Candles
from coin_models.trading.forecasts import Array, Forecasts


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastScore:
    """Scores of one version on one day's forecasts whose horizon ended within that day.

    Losses are in units of `scale` (the volatility that the targets were scaled by). A block is None where it holds no
    scored forecast, so that the blocks of two versions on one day can be paired by position.
    """

    num_forecasts: int  # rows that the policy could act on
    num_unusable: int  # rows where a forecast was due (the scale is known) and not finite, or its quantiles crossed
    num_scored: int
    loss: float | None
    loss_unconditional: float | None
    coverage: float | None  # share of realised returns within the outermost quantiles
    nominal_coverage: float  # the share that should be
    blocks: tuple[float | None, ...]
    blocks_unconditional: tuple[float | None, ...]

    @property
    def skill(self) -> float | None:
        """1 - loss / unconditional loss: above 0 is better than the coin's unconditional quantiles."""
        if self.loss is None or not self.loss_unconditional:
            return None
        return 1 - self.loss / self.loss_unconditional


def realised_returns(candles: Candles, horizon: int) -> Array:
    """Log return from each close to the one `horizon` candles later, (N,); NaN where that candle is missing."""
    wanted_ms = candles.open_time_ms + horizon * candles.timeframe.ms
    found = np.searchsorted(candles.open_time_ms, wanted_ms)
    there = np.zeros(len(candles), dtype=bool)
    inside = found < len(candles)
    there[inside] = candles.open_time_ms[found[inside]] == wanted_ms[inside]
    returns = np.full(len(candles), np.nan)
    returns[there] = np.log(candles.close[found[there]] / candles.close[there])
    return returns


def pinball_losses(levels: Sequence[float], quantiles: Array, realised: Array) -> Array:
    """Pinball loss, mean over the levels, (N,); NaN where forecast or outcome is (Koenker & Bassett 1978).

    Args:
        quantiles: (N, Q) forecasts at the levels.
        realised: (N,) outcomes.
    """
    error_NQ = realised[:, None] - quantiles
    levels_Q = np.asarray(levels)
    losses: Array = np.maximum(levels_Q * error_NQ, (levels_Q - 1) * error_NQ).mean(axis=1)
    return losses


def score_day(candles: Candles, forecasts: Forecasts, unconditional: Forecasts, scale: Array) -> ForecastScore:
    """Scores one day's forecasts beside the unconditional quantiles.

    Args:
        candles: the day's candles, (N,).
        forecasts: one row per candle.
        unconditional: the coin's unconditional quantiles, as forecasts of the same shape.
        scale: volatility at each candle by which losses are divided, so that wild hours do not drown calm ones; NaN
            where the features are not there, and so no forecast is due.
    """
    realised = realised_returns(candles, forecasts.horizon)
    due = np.isfinite(scale) & (scale > 0)
    usable = forecasts.usable & due
    scored = usable & unconditional.usable & np.isfinite(realised)
    scale = np.where(due, scale, np.nan)
    losses = np.where(scored, pinball_losses(forecasts.levels, forecasts.returns, realised) / scale, np.nan)
    base = np.where(scored, pinball_losses(unconditional.levels, unconditional.returns, realised) / scale, np.nan)
    blocks = _block_of_candle(candles, forecasts.horizon)
    num_blocks = -(-candles.timeframe.candles_per_day // forecasts.horizon)
    inside = (forecasts.returns[:, 0] <= realised) & (realised <= forecasts.returns[:, -1])
    any_scored = bool(scored.any())
    return ForecastScore(
        num_forecasts=int(usable.sum()),
        num_unusable=int((due & ~forecasts.usable).sum()),
        num_scored=int(scored.sum()),
        loss=float(losses[scored].mean()) if any_scored else None,
        loss_unconditional=float(base[scored].mean()) if any_scored else None,
        coverage=float(inside[scored].mean()) if any_scored else None,
        nominal_coverage=forecasts.interval.nominal,
        blocks=_block_means(losses, blocks, num_blocks),
        blocks_unconditional=_block_means(base, blocks, num_blocks),
    )


def unconditional_forecasts(like: Forecasts, scaled_quantiles: Sequence[float], scale: Array) -> Forecasts:
    """The coin's unconditional quantiles of the scaled return, times each candle's scale, as forecasts.

    Args:
        scaled_quantiles: one per level, in units of the scale, from the version's own training window.
    """
    returns = np.asarray(scale)[:, None] * np.asarray(scaled_quantiles)[None, :]
    return Forecasts(levels=like.levels, returns=returns, horizon=like.horizon)


def _block_of_candle(candles: Candles, horizon: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    candle_of_day = (candles.open_time_ms // candles.timeframe.ms) % candles.timeframe.candles_per_day
    return candle_of_day // horizon


def _block_means(
    losses: Array, block_of: np.ndarray[tuple[int], np.dtype[np.int64]], num_blocks: int
) -> tuple[float | None, ...]:
    known = np.isfinite(losses)
    counts = np.bincount(block_of[known], minlength=num_blocks)
    sums = np.bincount(block_of[known], weights=losses[known], minlength=num_blocks)
    return tuple(float(total / count) if count else None for total, count in zip(sums, counts, strict=True))
