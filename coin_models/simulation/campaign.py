"""Many nights, one after the other; a night that breaks a guarantee is shrunk to the fewest disturbances that do."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from coin_models.simulation.night import NightResult, live
from coin_models.simulation.night_plan import NightPlan, draw_night

Live = Callable[[NightPlan], NightResult]
MOST_TRIES = 200
"""Nights that a shrinker lives through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenNight:
    """A night that broke a guarantee, and the shortest one found that does."""

    first: NightResult
    shortest: NightResult

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "seed": self.first.plan.seed,
            "broken": list(self.first.broken),
            "plan": self.first.plan.to_json(),
            "shortest": {
                "plan": self.shortest.plan.to_json(),
                "hit": list(self.shortest.hit),
                "broken": list(self.shortest.broken),
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What many nights came to."""

    first_seed: int
    num_nights: int
    num_operations: int
    num_faults: int
    num_killed: int
    cpu_seconds: float
    broken: tuple[BrokenNight, ...]

    @property
    def nights_per_second(self) -> float:
        """Of CPU time."""
        return self.num_nights / max(self.cpu_seconds, 1e-9)

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "first_seed": self.first_seed,
            "nights": self.num_nights,
            "operations": self.num_operations,
            "faults": self.num_faults,
            "killed": self.num_killed,
            "cpu_seconds": round(self.cpu_seconds, 1),
            "nights_per_cpu_second": round(self.nights_per_second, 2),
            "broken": [night.to_json() for night in self.broken],
        }


def run_nights(
    first_seed: int,
    num_nights: int,
    note: Callable[[NightResult], object] = lambda _result: None,
    live: Live = live,
) -> Campaign:
    """Lives through the nights of consecutive seeds; `note` is called after each."""
    began = time.process_time()
    broken: list[BrokenNight] = []
    num_operations = num_faults = num_killed = 0
    with quiet():
        for result in map(live, map(draw_night, range(first_seed, first_seed + num_nights))):
            note(result)
            num_operations += result.num_operations
            num_faults += len(result.hit) + len(result.plan.events)
            num_killed += result.num_killed
            if result.broken:
                broken.append(BrokenNight(first=result, shortest=shrunk(result, live)))
    return Campaign(
        first_seed=first_seed,
        num_nights=num_nights,
        num_operations=num_operations,
        num_faults=num_faults,
        num_killed=num_killed,
        cpu_seconds=time.process_time() - began,
        broken=tuple(broken),
    )


def shrunk(result: NightResult, live: Live = live, most_tries: int = MOST_TRIES) -> NightResult:
    """The night with as few faults, events, days and machines as still break a guarantee; one is left out at a time."""
    best = result
    num_tries = 0
    shorter = True
    while shorter:
        shorter = False
        for plan in _simpler(best.plan):
            num_tries += 1
            if num_tries > most_tries:
                return best
            attempt = live(plan)
            if attempt.broken:
                best, shorter = attempt, True
                break
    return best


def _simpler(plan: NightPlan) -> Iterator[NightPlan]:
    half = len(plan.faults) // 2
    if half > 1:
        yield replace(plan, faults=plan.faults[:half])
        yield replace(plan, faults=plan.faults[half:])
    for number in range(len(plan.faults)):
        yield replace(plan, faults=(*plan.faults[:number], *plan.faults[number + 1 :]))
    for number in range(len(plan.events)):
        yield replace(plan, events=(*plan.events[:number], *plan.events[number + 1 :]))
    if plan.num_days > 1:
        yield replace(plan, num_days=plan.num_days - 1)
    if plan.num_machines > 1:
        yield replace(plan, num_machines=plan.num_machines - 1)


@contextmanager
def quiet() -> Iterator[None]:
    """The processes of a night warn of every fault: that would be thousands of lines."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
