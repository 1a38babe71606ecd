"""The duration of a nightly run's training, with its origin: our own attempts, a measurement or published figures."""

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from coin_models.costs.ledger.accounts import Entry
from coin_models.costs.ledger.records import AttemptRecord
from coin_models.settings.costs import PublishedRun

_FEWEST_DAYS = 2  # below, nothing can be said about how much one night differs from the next
_UNKNOWN_SPREAD = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Machine time per coin."""

    seconds_per_coin: float
    """Mean seconds that one more coin takes."""
    spread: float
    """Standard deviation of a night's work, relative to its mean."""
    source: str
    """Where the figure comes from, for people."""
    measured_on: tuple[str, ...] = ()
    """The machines that it was measured on, by GPU or processor; empty for a published figure."""

    def __post_init__(self) -> None:
        if not (self.seconds_per_coin > 0 and self.spread >= 0):
            raise ValueError(f"{self}: seconds_per_coin must be positive and spread not negative")

    def work_seconds(self, num_coins: int) -> float:
        """Seconds of training for that many coins."""
        return num_coins * self.seconds_per_coin


def measured_workload(
    seconds_per_coin: float,
    *,
    source: str = "a quick measurement on this machine",
    measured_on: tuple[str, ...] = (),
) -> Workload:
    """A workload from one measurement: how much nights differ is not known yet, 10 % is assumed."""
    return Workload(seconds_per_coin=seconds_per_coin, spread=_UNKNOWN_SPREAD, source=source, measured_on=measured_on)


def published_workload(run: PublishedRun, num_coins: int) -> Workload:
    """A workload from a published duration: the middle of its range, which is read as two deviations each way.

    A run of "all coins" (`num_coins` unset) is read as a run of the coins requested.
    """
    coins = run.num_coins or num_coins
    low, high = run.hours
    middle = (low + high) / 2.0
    named = f"{run.num_coins} coins" if run.num_coins else "all coins"
    return Workload(
        seconds_per_coin=middle * 3600.0 / coins,
        spread=(high - low) / 4.0 / middle,
        source=f"published {run.seen}: {named} in {low:g} to {high:g} hours",
    )


def workload_from_history(entries: Iterable[Entry]) -> Workload | None:
    """A workload from the ledger's entries: seconds per finished coin, by trading day; none without any.

    A coin takes its fit and its share of the work beside it: candles, shadow trades, patterns, the report. An interrupted
    coin-day is counted whole: what each session did of it for the first time adds up. A session that only found
    everything there does not count.
    """
    seconds: dict[tuple[str, date], float] = defaultdict(float)
    done: set[tuple[str, date]] = set()
    machines: set[str] = set()
    for entry in entries:
        if entry.coin is None or entry.seconds.useful == 0:
            continue
        seconds[entry.coin, entry.day] += entry.seconds.useful + entry.seconds.idle
        if entry.trained:
            done.add((entry.coin, entry.day))
            machines.add(entry.session.gpu)
    by_day: dict[date, list[float]] = defaultdict(list)
    for coin_day in sorted(done):
        if seconds[coin_day] > 0:
            by_day[coin_day[1]].append(seconds[coin_day])
    if not by_day:
        return None
    nights = [statistics.fmean(coins) for coins in by_day.values()]
    mean = statistics.fmean(nights)
    spread = statistics.stdev(nights) / mean if len(nights) >= _FEWEST_DAYS else _UNKNOWN_SPREAD
    num_coins = sum(map(len, by_day.values()))
    return Workload(
        seconds_per_coin=mean,
        spread=spread,
        source=f"own history: {num_coins} coin-days of {len(nights)} trading days",
        measured_on=tuple(sorted(machines)),
    )


def startup_from_history(attempts: Iterable[AttemptRecord]) -> float | None:
    """Mean seconds that a session spent starting up; none where no session recorded any."""
    seconds: dict[str, float] = defaultdict(float)
    for attempt in attempts:
        seconds[attempt.session_id] += attempt.startup_seconds
    recorded = [spent for spent in seconds.values() if spent > 0]
    return statistics.fmean(recorded) if recorded else None
