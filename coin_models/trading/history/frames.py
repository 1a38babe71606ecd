"""Recorded forecasts as a DataFrame: a row per forecast, indexed by the moment at which it was made.

`forecasts` is the notebook's way in; it reads a home and needs neither torch nor Dagster.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from coin_models.clock import SystemClock
from coin_models.errors import RegistryError, UsageError
from coin_models.home.reading import opened
from coin_models.market.universe import coin_name, listed
from coin_models.settings.levels import QUANTILE, REFERENCE, UNCONDITIONAL, level_column
from coin_models.settings.load import load_settings
from coin_models.settings.root import Settings
from coin_models.trading.history.codec import OUTCOME, decode_forecasts
from coin_models.trading.history.index import ForecastIndex
from coin_models.trading.history.records import RecordedDay
from coin_models.trading.trades import Role

if TYPE_CHECKING:
    import pandas as pd

_logger = logging.getLogger(__name__)

INDEX: Final = "made_at"
EARLIEST: Final = date(1970, 1, 1)
LATEST: Final = date(9998, 12, 31)
_LABELS: Final = ("day", "coin", "role", "version_id", "version_day", "valid_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Recorded days that are to be read."""

    days: Sequence[RecordedDay]  # coin by coin, oldest first
    outcomes: Sequence[RecordedDay]  # of each coin the day after the last, which holds its last outcomes
    unrecorded: Sequence[tuple[str, date]]  # coin-days that were traded and of which no forecasts are recorded
    challengers: bool

    @property
    def columns(self) -> list[str]:
        """The columns of its frames, beside the index."""
        levels = sorted({level for one in self.days for level in one.levels})
        prefixes = (QUANTILE, REFERENCE, UNCONDITIONAL)
        return [*_LABELS, *(level_column(p, level) for p in prefixes for level in levels), "scale", "realised"]

    @property
    def warning(self) -> str | None:
        """A sentence about the days that are not in it."""
        if not self.unrecorded:
            return None
        days = [day for _, day in self.unrecorded]
        return (
            f"{len(days)} coin-day(s) from {min(days)} to {max(days)} were traded before forecasts were recorded, and are "
            f"left out; `coin-models forecasts record --from {min(days)} --to {max(days)}` records them"
        )


def select(
    index: ForecastIndex,
    coins: Sequence[str] | None = None,
    first: date | None = None,
    last: date | None = None,
    *,
    challengers: bool = False,
) -> Selection:
    """The recorded days of these coins, of all when None, from the first to the last that is recorded where none is given.

    Raises:
        UsageError: `first` is after `last`.
        RegistryError: nothing is recorded of them, or nothing of one of these coins.
    """
    first, last = first or EARLIEST, last or LATEST
    if first > last:
        raise UsageError(f"the first day {first} is after the last one {last}; swap them")
    after = last + timedelta(days=1)
    with_after = index.days(coins, first, after)
    days = [one for one in with_after if one.day <= last and one.key is not None]
    unrecorded = index.unrecorded(coins, first, last)
    selection = Selection(
        days=days,
        outcomes=[one for one in with_after if one.day == after and one.key is not None],
        unrecorded=unrecorded,
        challengers=challengers,
    )
    without = sorted(set(coins or ()) - {one.coin for one in days})
    if without or not days:
        what = listed(without) or "any coin"
        why = selection.warning or "`coin-models status` shows which days were retrained"
        when = f"from {first} to {last}" if (first, last) != (EARLIEST, LATEST) else "yet"
        raise RegistryError(f"no forecasts of {what} are recorded {when}: {why}")
    return selection


def read_frames(index: ForecastIndex, selection: Selection) -> "Iterator[pd.DataFrame]":
    """One frame a coin, all with the same columns.

    Raises:
        ObjectDamaged: a stored object is not what was written.
    """
    later = {one.coin: one for one in selection.outcomes}
    for coin, days in groupby(selection.days, key=lambda one: one.coin):
        own = list(days)
        yield _frame_of_coin(index, [*own, *([later[coin]] if coin in later else [])], own[-1].day, selection)


def _frame_of_coin(
    index: ForecastIndex, recorded: Sequence[RecordedDay], last: date, selection: Selection
) -> "pd.DataFrame":
    import pandas as pd
    import pyarrow as pa

    tables = [decode_forecasts(str(one.key), data) for one, data in index.read(recorded)]
    table = pa.concat_tables(tables, promote_options="default")
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    is_outcome = frame["role"] == OUTCOME
    outcomes = frame[is_outcome].set_index([INDEX, "valid_until"])["realised"]
    roles = [role.value for role in Role if selection.challengers or role is not Role.CHALLENGER]
    frame = frame[frame["role"].isin(roles) & (frame["day"] <= pd.Timestamp(last))]
    frame = frame.reindex(columns=[INDEX, *selection.columns])
    ends = pd.MultiIndex.from_frame(frame[[INDEX, "valid_until"]])
    frame["realised"] = frame["realised"].fillna(pd.Series(outcomes.reindex(ends).to_numpy(), index=frame.index))
    _fill_levels(frame, selection)
    return frame.sort_values([INDEX, "role"], kind="stable").set_index(INDEX)


def _fill_levels(frame: "pd.DataFrame", selection: Selection) -> None:
    """The reference's own forecasts are those of its row; unconditional quantiles become log returns, as the others."""
    is_reference = frame["role"] == Role.REFERENCE.value
    for level in {level for one in selection.days for level in one.levels}:
        own, reference = frame[level_column(QUANTILE, level)], level_column(REFERENCE, level)
        frame[reference] = frame[reference].where(~is_reference, own)
        frame[level_column(UNCONDITIONAL, level)] *= frame["scale"]


def forecasts(
    coins: Sequence[str] | str | None = None,
    first: date | None = None,
    last: date | None = None,
    *,
    challengers: bool = False,
    settings: Settings | None = None,
) -> "pd.DataFrame":
    """What was forecast of coins on the trading days `first` to `last`, as it was recorded when each day was traded.

    No row is by a version that saw its day: `version_day` is before `day`.

    Args:
        coins: base assets in any spelling; None: all that are recorded.
        first, last: trading days, UTC; None: the first and the last that are recorded.
        challengers: also the forecasts of the versions that were judged beside what forecast the coin; then a moment has
            several rows, which differ by `role`.
        settings: read from `COIN_MODELS_*` and `coin_models.toml` when None.

    Returns:
        The UTC index `made_at` (close of the last candle that the forecast saw), coin by coin, oldest first; the columns
        day, coin, role, version_id, version_day, valid_until; `quantile_<level>`, `reference_<level>` (by the version's
        reference) and `unconditional_<level>` (of all outcomes before the day): log returns from `made_at` to `valid_until`;
        scale (the volatility by which losses are divided); realised: the log return that followed, NaN where it is not known.

    Raises:
        HomeError: there is no home where the settings say, or it holds another market.
        RegistryError: nothing is recorded of these days, or nothing of one of these coins.
        ObjectDamaged: stored bytes are not those that were written.
    """
    import pandas as pd

    names = [coins] if isinstance(coins, str) else coins
    wanted = None if names is None else sorted({coin_name(name) for name in names})
    with opened(settings or load_settings()) as (database, store):
        index = ForecastIndex(database, store, SystemClock())
        selection = select(index, wanted, first, last, challengers=challengers)
        if selection.warning:
            _logger.warning("%s", selection.warning)
        return pd.concat(list(read_frames(index, selection)))
