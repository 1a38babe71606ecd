"""How often a spot machine is interrupted, by hour of day, provider and GPU: published figures, corrected by our own.

Interruptions at one hour of day are counted as Poisson events over machine-hours. The prior is a Gamma distribution
whose mean is the published rate and whose weight is a number of machine-hours: with few events of our own, the
published figure dominates. Experience from elsewhere counts for less (a power prior, Ibrahim and Chen, Statistical
Science 15, 2000). Sessions that ended by themselves or still run are censored: they add exposure and no event.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from scipy.stats import gamma

from coin_models.costs.interrupted_runs.interruptions import HOURS_PER_DAY
from coin_models.costs.ledger.records import SPOT, SessionRecord
from coin_models.settings.costs import InterruptionRange

SAME_BLOCK_WEIGHT = 0.5
"""What an hour of day learns from the others of its published block."""
OTHER_GPU_WEIGHT = 0.3
"""What a GPU learns from the provider's others."""
OTHER_PROVIDER_WEIGHT = 0.1
"""What a provider learns from the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Machine-hours at one hour of day, and the machines taken within them."""

    provider: str
    gpu: str
    hour: int
    machine_hours: float
    num_taken: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyRate:
    """The estimate for one hour of day."""

    hour: int
    rate_per_hour: float
    """Posterior mean of interruptions per machine-hour."""
    low: float
    high: float
    """Ends of the credible interval."""
    machine_hours: float
    num_taken: int
    """Our own experience on this provider and GPU at this hour."""

    @property
    def probability(self) -> float:
        """Chance of losing a machine within an hour."""
        return -math.expm1(-self.rate_per_hour)


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardEstimate:
    """Rates for each hour of day on one provider's GPU."""

    provider: str
    gpu: str
    level: float
    hours: tuple[HourlyRate, ...]

    @property
    def rates_per_hour(self) -> tuple[float, ...]:
        """The 24 rates, as the interruption models take them."""
        return tuple(hour.rate_per_hour for hour in self.hours)

    def to_json(self) -> dict[str, object]:
        """For `--json`: plain values."""
        return {**asdict(self), "hours": [{**asdict(hour), "probability": hour.probability} for hour in self.hours]}


def exposures(sessions: Iterable[SessionRecord]) -> list[Exposure]:
    """Machine-hours and losses of spot sessions; on-demand machines have no interruptions."""
    hours: dict[tuple[str, str, int], float] = defaultdict(float)
    taken: dict[tuple[str, str, int], int] = defaultdict(int)
    for session in sessions:
        if session.market != SPOT:
            continue
        for hour, machine_hours in _by_hour_of_day(session.started_at, session.closed_at):
            hours[session.provider, session.gpu, hour] += machine_hours
        if session.was_taken:
            key = session.provider, session.gpu, session.closed_at.astimezone(UTC).hour
            taken[key] += 1
            hours[key] += 0.0
    return [
        Exposure(provider=provider, gpu=gpu, hour=hour, machine_hours=spent, num_taken=taken[provider, gpu, hour])
        for (provider, gpu, hour), spent in sorted(hours.items())
    ]


def estimate_hazard(
    ranges: Sequence[InterruptionRange],
    experience: Sequence[Exposure],
    *,
    provider: str,
    gpu: str,
    prior_hours: float,
    level: float = 0.9,
) -> HazardEstimate:
    """Posterior rates by hour of day, with credible intervals of this level.

    `ranges` cover the day once; their chances, read as the probability of losing a machine within one hour, count as
    `prior_hours` machine-hours at each hour of day.
    """
    block_of = {hour: number for number, part in enumerate(ranges) for hour in part.hours}
    tail = (1.0 - level) / 2.0
    rows = []
    for hour in range(HOURS_PER_DAY):
        events, hours = published_rate(ranges[block_of[hour]]) * prior_hours, prior_hours
        for seen in experience:
            weight = _weight(seen, provider, gpu, same_hour=seen.hour == hour)
            if block_of[seen.hour] == block_of[hour]:
                events, hours = events + weight * seen.num_taken, hours + weight * seen.machine_hours
        own = [s for s in experience if (s.provider, s.gpu, s.hour) == (provider, gpu, hour)]
        low, high = (float(gamma.ppf(end, events, scale=1.0 / hours)) for end in (tail, 1.0 - tail))
        rows.append(
            HourlyRate(
                hour=hour,
                rate_per_hour=events / hours,
                low=low,
                high=high,
                machine_hours=sum(s.machine_hours for s in own),
                num_taken=sum(s.num_taken for s in own),
            )
        )
    return HazardEstimate(provider=provider, gpu=gpu, level=level, hours=tuple(rows))


def published_rate(published: InterruptionRange) -> float:
    """Interruptions per machine-hour that give the published chance: the middle of the range, as rates."""
    low, high = (-math.log1p(-chance) for chance in published.probability)
    return (low + high) / 2.0


def _weight(seen: Exposure, provider: str, gpu: str, *, same_hour: bool) -> float:
    weight = 1.0 if same_hour else SAME_BLOCK_WEIGHT
    if seen.provider != provider:
        return weight * OTHER_PROVIDER_WEIGHT
    return weight if seen.gpu == gpu else weight * OTHER_GPU_WEIGHT


def _by_hour_of_day(begin: datetime, end: datetime) -> Iterator[tuple[int, float]]:
    moment, end = begin.astimezone(UTC), end.astimezone(UTC)
    while moment < end:
        following = min(moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1), end)
        yield moment.hour, (following - moment).total_seconds() / 3600.0
        moment = following
