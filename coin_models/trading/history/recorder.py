"""Records the forecasts that a trading day rests on, at the place where the trader requests them.

What is stored is therefore what traded and what was scored; nothing is forecast a second time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from coin_models.features.table import FeatureTable
from coin_models.trading.candidates import TradableModel
from coin_models.trading.forecasts import Array
from coin_models.trading.shadow_day import Forecaster, ForecastShape
from coin_models.trading.trades import Role

Rows = npt.NDArray[np.int64]


@dataclass(slots=True, eq=False)
class RecordedForecaster:
    """A forecaster that keeps what it answered, for one coin's trading day: one table."""

    forecaster: Forecaster
    table: FeatureTable | None = None
    _rows: list[Rows] = field(default_factory=list)
    _returns: list[Array] = field(default_factory=list)

    def log_returns(self, table: FeatureTable, rows: Rows) -> Array:
        """As the forecaster."""
        returns = self.forecaster.log_returns(table, rows)
        self.table = table
        self._rows.append(rows)
        self._returns.append(returns)
        return returns

    def forecasts_at(self, open_time_ms: Rows) -> tuple[Rows, Array]:
        """Rows of the table, ascending, of those candles that were forecast from, and the quantiles, (N, Q).

        A row that was requested twice has its first answer, which is what was traded.
        """
        if self.table is None:
            return np.empty(0, np.int64), np.empty((0, 0))
        rows, first = np.unique(np.concatenate(self._rows), return_index=True)
        wanted = np.isin(self.table.open_time_ms[rows], open_time_ms)
        return rows[wanted], np.concatenate(self._returns)[first[wanted]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedVersion:
    """A version whose forecasts, and those of its reference, are recorded."""

    shape: ForecastShape
    forecaster: RecordedForecaster
    reference: RecordedForecaster | None

    def of(self, role: Role) -> RecordedForecaster | None:
        """What forecasts in this role."""
        return self.reference if role is Role.REFERENCE else self.forecaster


class ForecastRecorder:
    """The versions that were loaded for one coin's trading day."""

    def __init__(self, load: Callable[[str], TradableModel]) -> None:
        self._load = load
        self._versions: dict[str, RecordedVersion] = {}

    def load(self, version_id: str) -> TradableModel:
        """The version, recorded; raises as the `load` that was given."""
        model = self._load(version_id)
        reference = RecordedForecaster(model.reference) if model.reference is not None else None
        recorded = RecordedVersion(
            shape=model.shape, forecaster=RecordedForecaster(model.forecaster), reference=reference
        )
        self._versions[version_id] = recorded
        return replace(model, forecaster=recorded.forecaster, reference=reference)

    def __getitem__(self, version_id: str) -> RecordedVersion:
        """A version that was loaded."""
        return self._versions[version_id]
