"""The forecasts of one day as a value: one set of quantiles per candle, made when that candle closed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_models.settings.levels import ForecastInterval

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecasts:
    """Quantiles of the log return over the next `horizon` candles; a row of NaN where no forecast could be made.

    Row k belongs to the candle k of the candles it was made from, and was made at that candle's close.
    """

    levels: tuple[float, ...]  # ascending, such as (0.1, 0.5, 0.9)
    returns: Array  # (N, Q) log returns
    horizon: int  # candles

    def __post_init__(self) -> None:
        if list(self.levels) != sorted(set(self.levels)) or 0.5 not in self.levels or len(self.levels) < 3:
            raise ValueError(f"forecast levels must ascend and hold 0.5 and one on either side; found {self.levels}")
        returns = np.array(self.returns, dtype=np.float64)
        if returns.ndim != 2 or returns.shape[1] != len(self.levels):
            raise ValueError(f"forecast returns must be (N, {len(self.levels)}); found {returns.shape}")
        if self.horizon < 1:
            raise ValueError(f"a forecast looks at least one candle ahead; found horizon {self.horizon}")
        returns.flags.writeable = False
        object.__setattr__(self, "returns", returns)

    def __len__(self) -> int:
        return len(self.returns)

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """Rows that are finite and whose quantiles do not cross: what the policy may act on."""
        finite = np.isfinite(self.returns)
        ordered = np.diff(np.where(finite, self.returns, 0.0), axis=1) >= 0
        usable: npt.NDArray[np.bool_] = np.asarray(finite.all(axis=1) & ordered.all(axis=1))
        return usable

    @property
    def median(self) -> Array:
        """The median forecast, (N,)."""
        return self.returns[:, self.levels.index(0.5)]

    @property
    def half_width(self) -> Array:
        """Half the width of the interval between the outermost quantiles, (N,)."""
        return (self.returns[:, -1] - self.returns[:, 0]) / 2

    @property
    def interval(self) -> ForecastInterval:
        """The interval between the outermost quantiles."""
        return ForecastInterval.of(self.levels)

    def row(self, k: int) -> Mapping[str, float]:
        """Row k as level -> log return, for a trade's record."""
        return {f"{level:g}": float(value) for level, value in zip(self.levels, self.returns[k], strict=True)}
