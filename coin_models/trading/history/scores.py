"""Scores of recorded forecasts by coin, day and role: the pinball losses and the coverage of all that was forecast on the day."""

from typing import TYPE_CHECKING, Final

import numpy as np

from coin_models.settings.levels import QUANTILE, REFERENCE, UNCONDITIONAL, ForecastInterval, level_column
from coin_models.trading.forecasts import Array
from coin_models.trading.scoring import pinball_losses

if TYPE_CHECKING:
    import pandas as pd

KEYS: Final = ["coin", "day", "role"]


def day_scores(frame: "pd.DataFrame") -> "pd.DataFrame":
    """A row per coin, day and role of which an outcome is known, of a frame of `coin_models.forecasts`.

    Returns:
        The index coin, day, role; the columns loss, loss_reference (NaN without a reference), loss_unconditional (means, in units
        of the scale), coverage, nominal_coverage, scale (its mean), num_scored, version_id.
    """
    quantiles = frame[[column for column in frame.columns if column.startswith(f"{QUANTILE}_")]].to_numpy()
    levels = np.array([float(name.rpartition("_")[2]) for name in frame.columns if name.startswith(f"{QUANTILE}_")])
    own = np.isfinite(quantiles)
    lowest, highest = (
        np.nanmin(np.where(own, levels, np.inf), axis=1),
        np.nanmax(np.where(own, levels, -np.inf), axis=1),
    )
    realised, scale = frame["realised"].to_numpy(), frame["scale"].to_numpy()
    scored = np.isfinite(realised) & (scale > 0) & own.any(axis=1)
    inside = (np.where(own, quantiles, np.inf).min(axis=1) <= realised) & (
        realised <= np.where(own, quantiles, -np.inf).max(axis=1)
    )
    columns = {
        "loss": _losses(frame, QUANTILE, levels, own),
        "loss_reference": _losses(frame, REFERENCE, levels, own),
        "loss_unconditional": _losses(frame, UNCONDITIONAL, levels, own),
        "coverage": inside.astype(np.float64),
        "nominal_coverage": [
            ForecastInterval(low=low, high=high).nominal if high > low else np.nan
            for low, high in zip(lowest, highest, strict=True)
        ],
        "scale": scale,
    }
    rows = frame[KEYS].assign(**columns)[scored].groupby(KEYS)
    means: pd.DataFrame = rows.mean()
    return means.assign(num_scored=rows.size(), version_id=frame[scored].groupby(KEYS)["version_id"].first())


def _losses(frame: "pd.DataFrame", prefix: str, levels: Array, own: Array) -> Array:
    """Pinball loss of each row over the levels that it was forecast at, over the scale; NaN where one is not known."""
    values, realised = frame[[level_column(prefix, level) for level in levels]].to_numpy(), frame["realised"].to_numpy()
    scale = frame["scale"].to_numpy()
    losses = np.full(len(frame), np.nan)
    for made in np.unique(own[own.any(axis=1)], axis=0):  # versions of one coin may have other levels
        rows = (own == made).all(axis=1) & (scale > 0)
        losses[rows] = pinball_losses(levels[made], values[rows][:, made], realised[rows]) / scale[rows]
    return losses
