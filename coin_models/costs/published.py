"""The published example, calculated from the published ranges only, for comparison with the planner.

Price times hours times thirty nights; it ignores interruptions, as the published figures do.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from coin_models.costs.plan import NIGHTS_PER_MONTH
from coin_models.settings.costs import MachinePrice, PublishedRun


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCost:
    """What one published run costs a month on one machine type, USD, lowest to highest."""

    gpu: str
    num_coins: int | None
    hours: tuple[float, float]
    spot_monthly_usd: tuple[float, float]
    on_demand_monthly_usd: tuple[float, float]

    @property
    def saved(self) -> float:
        """Share saved by spot, both at their highest, as the example was published."""
        return 1.0 - self.spot_monthly_usd[1] / self.on_demand_monthly_usd[1]

    def to_json(self) -> dict[str, object]:
        """For `--json`: plain values."""
        return {**asdict(self), "saved": self.saved}


def published_costs(price: MachinePrice, runs: Iterable[PublishedRun]) -> list[PublishedCost]:
    """Monthly costs of each published run at the published prices."""
    return [
        PublishedCost(
            gpu=price.gpu,
            num_coins=run.num_coins,
            hours=run.hours,
            spot_monthly_usd=_monthly(price.spot_usd_per_hour, run.hours),
            on_demand_monthly_usd=_monthly(price.on_demand_usd_per_hour, run.hours),
        )
        for run in runs
    ]


def _monthly(usd_per_hour: tuple[float, float], hours: tuple[float, float]) -> tuple[float, float]:
    return usd_per_hour[0] * hours[0] * NIGHTS_PER_MONTH, usd_per_hour[1] * hours[1] * NIGHTS_PER_MONTH
