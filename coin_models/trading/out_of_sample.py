"""The out-of-sample record of a coin's day: losses of the forecast, of the reference and of unconditional quantiles.

All candles of a day are scored. The outcomes of its last horizon lie in the next day, so each record holds the forecasts
whose outcome became known on its day: those of the last horizon of the day before, by a version that was there then, and
those of the day itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from coin_models.trading.forecasts import Array
from coin_models.trading.scoring import pinball_losses

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfSampleRecord:
    """Means over the scored forecasts of one coin-day, which are one block: their outcomes overlap.

    Losses are pinball losses in units of the volatility that targets are scaled by.
    """

    num_scored: int
    loss: float
    loss_unconditional: float  # of unconditional quantiles of the scaled return, times the volatility
    loss_reference: float | None  # None: the version holds no reference
    below: float  # share of outcomes below the lowest quantile
    above: float  # share of outcomes above the highest quantile
    lower_level: float  # the share that should lie below
    upper_level: float  # and above

    @property
    def skill_over_unconditional(self) -> float | None:
        """1 - loss / loss of unconditional quantiles."""
        return 1 - self.loss / self.loss_unconditional if self.loss_unconditional else None

    @property
    def skill_over_reference(self) -> float | None:
        """Likewise; None where the version holds no reference."""
        return 1 - self.loss / self.loss_reference if self.loss_reference else None

    @classmethod
    def of_json(cls, content: Mapping[str, Any] | None) -> Self | None:
        """From a row's statistics; None where nothing was recorded, as on days of older versions of this program."""
        return None if content is None else cls(**{field.name: content[field.name] for field in fields(cls)})


def score_out_of_sample(
    levels: tuple[float, ...],
    realised: Array,
    scale: Array,
    forecast: Array,
    unconditional: Array,
    reference: Array | None,
) -> OutOfSampleRecord | None:
    """Scores the rows at which everything is known; None without any.

    Args:
        levels: of the quantiles, ascending, Q of them.
        realised: (N,) log returns over the horizon.
        scale: (N,) volatility by which losses are divided.
        forecast: (N, Q) quantiles of the log return; likewise the other two.
    """
    known = [forecast, unconditional, *([] if reference is None else [reference])]
    scored: Mask = np.isfinite(realised) & np.isfinite(scale) & (scale > 0)
    for quantiles in known:
        scored &= np.isfinite(quantiles).all(axis=1)
    if not scored.any():
        return None

    def loss(quantiles: Array) -> float:
        return float((pinball_losses(levels, quantiles, realised)[scored] / scale[scored]).mean())

    return OutOfSampleRecord(
        num_scored=int(scored.sum()),
        loss=loss(forecast),
        loss_unconditional=loss(unconditional),
        loss_reference=None if reference is None else loss(reference),
        below=float((realised < forecast[:, 0])[scored].mean()),
        above=float((realised > forecast[:, -1])[scored].mean()),
        lower_level=levels[0],
        upper_level=1 - levels[-1],
    )
