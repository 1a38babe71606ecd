"""The trading policy: which position a forecast leads to. Pure, candle by candle, without state.

A position is opened when the median forecast exceeds the round trip's costs by `edge_margin`. Its size is the smaller
of `max_position` and `risk_fraction / half width of the forecast's interval` (between its outermost quantiles), as a
fraction of equity, so that the interval's swing is worth `risk_fraction` of it. Its stop lies `stop_interval_multiple`
half widths away from the quoted entry.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_models.settings.trading import TradingSettings
from coin_models.trading.costs import TradingCosts
from coin_models.trading.forecasts import Array, Forecasts

_BASIS_POINT = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRules:
    """The policy's parameters; fractions are of equity or log returns."""

    edge_margin: float  # log return beyond the costs
    risk_fraction: float
    max_position: float
    stop_interval_multiple: float

    def __post_init__(self) -> None:
        if self.edge_margin < 0 or min(self.risk_fraction, self.max_position, self.stop_interval_multiple) <= 0:
            raise ValueError(f"policy rules must be positive, the margin not negative; found {self}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signals:
    """What each candle's forecast requests, (N,) each. Row k depends on forecast k alone."""

    side: npt.NDArray[np.int8]  # +1 long, -1 short, 0 nothing worth its costs
    fraction: Array  # of equity; 0 where side is 0
    stop_distance: Array  # log return from the quoted entry to the stop

    def __len__(self) -> int:
        return len(self.side)


def build_rules(settings: TradingSettings) -> PolicyRules:
    """The policy that the settings state."""
    return PolicyRules(
        edge_margin=settings.edge_margin_bps * _BASIS_POINT,
        risk_fraction=settings.risk_fraction,
        max_position=settings.max_position,
        stop_interval_multiple=settings.stop_interval_multiple,
    )


def read_signals(forecasts: Forecasts, rules: PolicyRules, costs: TradingCosts, *, candle_seconds: int) -> Signals:
    """Turns each row of quantiles into a side, a size and a stop.

    Args:
        candle_seconds: length of a candle, for the funding over the horizon.
    """
    held_seconds = forecasts.horizon * candle_seconds
    needed_long = costs.round_trip(+1, held_seconds) + rules.edge_margin
    needed_short = costs.round_trip(-1, held_seconds) + rules.edge_margin
    usable = forecasts.usable & (forecasts.half_width > 0)
    median = np.where(usable, forecasts.median, 0.0)
    half_width = np.where(usable, forecasts.half_width, np.inf)
    side = (median > needed_long).astype(np.int8) - (median < -needed_short).astype(np.int8)
    fraction = np.where(side != 0, np.minimum(rules.max_position, rules.risk_fraction / half_width), 0.0)
    return Signals(side=side, fraction=fraction, stop_distance=rules.stop_interval_multiple * half_width)
