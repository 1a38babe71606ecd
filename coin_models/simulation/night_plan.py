"""The plan of a night: machines, faults and events, drawn from a seed or given."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from coin_models.simulation.faults import Event, EventKind, Fault, FaultKind

DAY = date(2026, 3, 10)
START_SECONDS = 7200.0  # 02:00
_OPERATIONS = {
    1: 900,
    2: 1200,
    3: 1500,
}  # of coins: by about which operation a night is over, so that most faults hit one
_FAULTS = {
    FaultKind.DIE_BEFORE: 3,
    FaultKind.DIE_AFTER: 3,
    FaultKind.FAIL_BEFORE: 3,
    FaultKind.FAIL_AFTER: 3,
    FaultKind.HANG_BEFORE: 1,
    FaultKind.HANG_AFTER: 1,
    FaultKind.SLOW: 2,
    FaultKind.PAUSE: 3,
    FaultKind.NOTICE: 1,
}
_EVENTS = tuple(EventKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPlan:
    """Everything that decides a night."""

    seed: int
    num_machines: int = 2
    starts_from: str = "models"  # of the day before; or "candles" alone
    num_days: int = 1
    num_coins: int = 3
    faults: tuple[Fault, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def days(self) -> list[date]:
        """The trading days that are requested."""
        return [DAY - timedelta(days=back) for back in reversed(range(self.num_days))]

    @property
    def num_disturbances(self) -> int:
        """Faults and events."""
        return len(self.faults) + len(self.events)

    def lines(self) -> list[str]:
        """For people."""
        size = f"{self.num_machines} machines, {self.num_coins} coins, {self.num_days} day(s)"
        head = f"seed {self.seed}: {size}, a home with {self.starts_from}"
        return [head, *map(str, self.faults), *map(str, self.events)]

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "seed": self.seed,
            "machines": self.num_machines,
            "days": self.num_days,
            "coins": self.num_coins,
            "starts_from": self.starts_from,
            "faults": [fault.to_json() for fault in self.faults],
            "events": [event.to_json() for event in self.events],
        }


def draw_night(seed: int, num_coins: int | None = None) -> NightPlan:
    """The night of a seed, with as many coins as it says, or as are given; a coin less is a third of the work."""
    dice = random.Random(f"night {seed}")  # noqa: S311 - a simulation, no secret
    num_faults = min(12, int(dice.expovariate(1 / 4)))
    coins = num_coins or random.Random(f"coins {seed}").choice((1, 2, 2, 3))  # noqa: S311 - likewise
    instants = {dice.randrange(_OPERATIONS[3]): _draw_kind(dice) for _ in range(num_faults)}
    faults = {instant * _OPERATIONS[coins] // _OPERATIONS[3]: kind for instant, kind in instants.items()}
    return NightPlan(
        seed=seed,
        num_machines=dice.choice((1, 2, 2, 3)),
        starts_from=dice.choice(("models", "models", "candles")),
        num_days=dice.choice((1, 1, 2)),
        num_coins=coins,
        faults=tuple(
            Fault(operation=operation, kind=kind, seconds=_draw_seconds(dice, kind))
            for operation, kind in sorted(faults.items())
        ),
        events=tuple(_draw_event(dice) for _ in range(dice.choice((0, 0, 0, 1, 1, 2)))),
    )


def _draw_kind(dice: random.Random) -> FaultKind:
    return dice.choices(list(_FAULTS), list(_FAULTS.values()))[0]


def _draw_seconds(dice: random.Random, kind: FaultKind) -> float:
    longest = {
        FaultKind.HANG_BEFORE: 200,
        FaultKind.HANG_AFTER: 200,
        FaultKind.SLOW: 60,
        FaultKind.PAUSE: 900,
    }.get(kind)
    return 0.0 if longest is None else float(round(longest ** dice.uniform(0.3, 1.0)))


def _draw_event(dice: random.Random) -> Event:
    kind = dice.choice(_EVENTS)
    at = START_SECONDS + dice.uniform(-60, 900)
    seconds = 0.0
    if kind is EventKind.SKEW:
        seconds = dice.choice((-1, 1)) * 5400 ** dice.uniform(0.3, 1.0)
    if kind in (EventKind.SOURCE_OUTAGE, EventKind.STORE_OUTAGE, EventKind.DATABASE_OUTAGE):
        seconds = 21_600 ** dice.uniform(0.4, 1.0)
    return Event(at_seconds=round(at), kind=kind, target=dice.randrange(3), seconds=float(round(seconds)))


def without(plan: NightPlan, *, faults: Sequence[Fault], events: Sequence[Event]) -> NightPlan:
    """The same night with these disturbances alone."""
    return replace(plan, faults=tuple(faults), events=tuple(events))
