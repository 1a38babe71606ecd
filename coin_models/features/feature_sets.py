"""Features of one's own: columns that a user's class adds to the feature table of every coin.

A package offers a feature set by an entry point, and the settings name it:

```toml
[project.entry-points."coin_models.features"]
funding = "my_package.funding:Funding"
```

```
COIN_MODELS_TRAINING_FEATURES=funding
```

Each column must be causal: its value at a candle rests on what is known at that candle's close. The product tests that at
every fit: it cuts candles and table off at some moments, and the columns up to there must stay as they were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from coin_models import plugins
from coin_models.errors import UsageError
from coin_models.features.grid import Grid
from coin_models.features.own_table import OwnTable
from coin_models.market.timeframe import Timeframe, datetime_of_ms

Array = NDArray[np.float64]

GROUP: Final = plugins.PluginGroup(group="coin_models.features", kind="feature set", setting="training.features")

_TOLERANCE: Final = 1e-5  # sums may be rounded otherwise where there are fewer; what looks ahead changes by more


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureInputs:
    """What a feature set sees: one coin's candles on the full grid, T rows, and its own table."""

    coin: str
    timeframe: Timeframe
    grid: Grid  # columns (T,); a missing candle has the last close and no volume
    volatility: Array  # (T,) of a one-candle log return, known at the candle's close
    table: OwnTable | None = None  # what `table(coin)` gave

    @property
    def close_time_ms(self) -> NDArray[np.int64]:
        """(T,) when each candle closed, UTC epoch milliseconds: what is known by then may be used."""
        return self.grid.open_time_ms + self.timeframe.ms

    def as_of(self, column: int = 0) -> Array:
        """The table's newest value that was known at each candle's close, (T,); NaN before the first."""
        if self.table is None:
            raise ValueError("this feature set has no table")
        return self.table.as_of(self.close_time_ms, column)

    def until(self, num_rows: int) -> "FeatureInputs":
        """What was known when the last of the first `num_rows` candles closed."""
        grid = Grid(**{one.name: getattr(self.grid, one.name)[:num_rows] for one in fields(Grid)})
        close_ms = int(self.close_time_ms[num_rows - 1])
        return FeatureInputs(
            coin=self.coin,
            timeframe=self.timeframe,
            grid=grid,
            volatility=self.volatility[:num_rows],
            table=self.table.until(close_ms) if self.table is not None else None,
        )


class FeatureSet(Protocol):
    """Columns of one's own. A set with a table of its own also has `table(coin) -> OwnTable`; it is read for every plan."""

    names: Sequence[str]
    """Of the K columns."""
    distributions: Sequence[str]
    """Installed packages whose version decides the columns: part of every fingerprint."""

    def columns(self, inputs: FeatureInputs) -> Array:
        """(T, K) values of about unit size; NaN, where nothing is known, becomes 0."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFeatures:
    """The feature sets of one coin's table."""

    coin: str = ""
    sets: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, `<set>.<column>`."""
        return column_names(self.sets)

    def columns(self, grid: Grid, volatility: Array, timeframe: Timeframe) -> list[Array]:
        """K columns (T,).

        Raises:
            UsageError: a set is not installed, fails, or gives something else than it should.
        """
        found = [_columns(name, self._inputs(name, grid, volatility, timeframe)) for name in self.sets]
        return [column for values in found for column in np.nan_to_num(values, nan=0.0).T]

    def check_causal(self, grid: Grid, volatility: Array, timeframe: Timeframe, rows: Sequence[int]) -> None:
        """Cuts candles and table off after each of these rows: no column up to there may change.

        Raises:
            UsageError: one does: the set looks ahead.
        """
        for name in self.sets:
            inputs = self._inputs(name, grid, volatility, timeframe)
            whole = _columns(name, inputs)
            for row in rows:
                _compare(name, inputs, whole[: row + 1], _columns(name, inputs.until(row + 1)))

    def _inputs(self, name: str, grid: Grid, volatility: Array, timeframe: Timeframe) -> FeatureInputs:
        table = own_table(name, self.coin)
        return FeatureInputs(coin=self.coin, timeframe=timeframe, grid=grid, volatility=volatility, table=table)


NO_FEATURES: Final = OwnFeatures()


@cache
def feature_set(name: str) -> FeatureSet:
    """The feature set of that name.

    Raises:
        UsageError: no installed package offers it, or what it offers cannot be loaded.
    """
    offered: FeatureSet = GROUP.load(name)
    return offered


def column_names(sets: Sequence[str]) -> tuple[str, ...]:
    """The columns of these feature sets, `<set>.<column>`, in their order in the feature table."""
    return tuple(f"{name}.{column}" for name in sets for column in feature_set(name).names)


def own_table(name: str, coin: str) -> OwnTable | None:
    """The coin's table of a feature set; None where the set has none.

    Raises:
        UsageError: the set's own code fails.
    """
    read = getattr(feature_set(name), "table", None)
    if read is None:
        return None
    try:
        table = read(coin)
    except Exception as error:
        raise UsageError(f"the table of the feature set {name!r} for {coin} failed: {_text(error)}") from error
    if not isinstance(table, OwnTable):
        raise UsageError(
            f"the table of the feature set {name!r} for {coin} is a {type(table).__name__}, not an OwnTable"
        )
    return table


def own_tables(sets: Sequence[str], coin: str) -> Mapping[str, OwnTable]:
    """The coin's tables of those of these feature sets that have one."""
    tables = {name: own_table(name, coin) for name in sets}
    return {name: table for name, table in tables.items() if table is not None}


def _columns(name: str, inputs: FeatureInputs) -> Array:
    wanted = (len(inputs.grid.close), len(feature_set(name).names))
    try:
        values = np.asarray(feature_set(name).columns(inputs), dtype=np.float64)
    except Exception as error:
        raise UsageError(f"the feature set {name!r} failed on {inputs.coin}: {_text(error)}") from error
    if values.shape != wanted:
        raise UsageError(
            f"the feature set {name!r} gave values {values.shape} for {inputs.coin}, not (T, K) = {wanted}"
        )
    if np.isinf(values).any():
        raise UsageError(
            f"the feature set {name!r} gave an infinite value for {inputs.coin}; NaN says that nothing is known"
        )
    return values


def _compare(name: str, inputs: FeatureInputs, whole: Array, cut: Array) -> None:
    unequal = ~np.isclose(whole, cut, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True)
    if not unequal.any():
        return
    row, column = (int(place[0]) for place in np.nonzero(unequal))
    opened, ended = (datetime_of_ms(int(inputs.grid.open_time_ms[at])) for at in (row, len(cut) - 1))
    raise UsageError(
        f"the feature set {name!r} looks ahead: its column {feature_set(name).names[column]!r} of {inputs.coin} at "
        f"{opened:%Y-%m-%d %H:%M} is {whole[row, column]:.6g}, but {cut[row, column]:.6g} when nothing after the candle of "
        f"{ended:%Y-%m-%d %H:%M} is known; let each row rest on itself and the rows before it"
    )


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
