"""The outcome of a nightly run: the distribution of its finishing time, and its expected values."""

import math
from dataclasses import dataclass

import numpy as np

from coin_models.costs.interrupted_runs.interruptions import FloatArray
from coin_models.costs.interrupted_runs.job import MachinePrices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NightlyRunOutcome:
    """Weighted cases of one night; `weights` may sum to less than one where some nights never end."""

    finish_hours: FloatArray  # (cases,) after the start
    cost_at_most_usd: FloatArray  # (cases,) waits for a machine charged as if they were billed
    weights: FloatArray  # (cases,)
    cost_usd: float
    """Expected cost."""
    spot_hours: float
    """Expected machine time on spot."""
    on_demand_hours: float
    """Expected machine time on-demand."""
    num_interruptions: float
    """Expected interruptions."""
    lost_hours: float
    """Expected machine time whose work is done again."""
    on_demand_probability: float
    """Chance that an on-demand machine is used."""

    def cost_at_usd(self, rent: MachinePrices) -> float:
        """Expected cost of the same night at other prices."""
        return self.spot_hours * rent.spot_usd_per_hour + self.on_demand_hours * rent.on_demand_usd_per_hour

    def finish_quantile_hours(self, probability: float) -> float:
        """Hours after the start by which this share of nights is done; infinite where that many never are."""
        return _quantile(self.finish_hours, self.weights, probability)

    def cost_quantile_usd(self, probability: float) -> float:
        """Cost that this share of nights does not exceed."""
        return _quantile(self.cost_at_most_usd, self.weights, probability)

    def miss_probability(self, deadline_hours: float) -> float:
        """Chance of not being done by then; none where there is no deadline."""
        if math.isinf(deadline_hours):
            return 0.0
        in_time = self.weights[self.finish_hours <= deadline_hours + 1e-9].sum()
        return float(np.clip(1.0 - in_time, 0.0, 1.0)) if in_time < 1.0 - 1e-6 else 0.0


def _quantile(values: FloatArray, weights: FloatArray, probability: float) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    index = int(np.searchsorted(reached, probability - 1e-9))
    return float(values[order][index]) if index < len(order) else float("inf")
