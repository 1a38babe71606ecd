"""Reads the forecast band of a coin from its recorded forecasts: what was forecast at the time, and what followed."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from coin_models.pipeline.services import Services
from coin_models.reporting.report.band import BandPoint, ForecastBand
from coin_models.settings.levels import QUANTILE
from coin_models.trading.history.frames import EARLIEST, LATEST, read_frames, select
from coin_models.trading.trades import Role

if TYPE_CHECKING:
    import pandas as pd

WEEK: Final = 7
"""Days of a band."""


def read_band(services: Services, coin: str, num_days: int = WEEK) -> ForecastBand | None:
    """The band of the last days of a coin that are recorded; None where none is."""
    recorded = [one.day for one in services.forecasts.days([coin], EARLIEST, LATEST) if one.key]
    if not recorded:
        return None
    selection = select(services.forecasts, [coin], max(recorded) - timedelta(days=num_days - 1), max(recorded))
    return band_of(next(read_frames(services.forecasts, selection)), num_days)


def band_of(frame: "pd.DataFrame", num_days: int = WEEK) -> ForecastBand | None:
    """The band of the last days of a frame of one coin, as `coin_models.forecasts` gives it; None where it has no interval.

    The rows are those whose horizon begins on a multiple of its length, so that each follows the one before.
    """
    last = frame["day"].max()
    rows = frame[(frame["role"] != Role.CHALLENGER.value) & (frame["day"] > last - np.timedelta64(num_days, "D"))]
    names = [name for name in rows.columns if name.startswith(f"{QUANTILE}_") and rows[name].notna().any()]
    horizon = (rows["valid_until"] - rows.index).min()
    rows = rows[(rows.index.floor(horizon) == rows.index) & rows[names].notna().all(axis=1)]
    if len(names) < 2 or rows.empty:
        return None
    levels = [float(name.rpartition("_")[2]) for name in names]
    returns = np.expm1(rows[[*names, "realised"]].to_numpy())
    points = [
        BandPoint(
            made_at=made_at.to_pydatetime(),
            valid_until=valid_until.to_pydatetime(),
            low=float(values[:-1].min()),
            high=float(values[:-1].max()),
            realised=float(values[-1]) if np.isfinite(values[-1]) else None,
        )
        for made_at, valid_until, values in zip(rows.index, rows["valid_until"], returns, strict=True)
    ]
    return ForecastBand(
        coin=str(rows["coin"].iloc[0]), nominal=round(max(levels) - min(levels), 12), points=tuple(points)
    )
