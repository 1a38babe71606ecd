"""Every operation of a small day, each kind of fault at each of them: no list of chosen instants."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from coin_models.simulation.campaign import quiet
from coin_models.simulation.faults import Fault, FaultKind
from coin_models.simulation.night import NightResult, live
from coin_models.simulation.night_plan import NightPlan

KINDS = (
    FaultKind.DIE_BEFORE,
    FaultKind.DIE_AFTER,
    FaultKind.FAIL_BEFORE,
    FaultKind.FAIL_AFTER,
    FaultKind.HANG_BEFORE,
    FaultKind.HANG_AFTER,
)
HANG_SECONDS = 150.0  # longer than the patience with the database, and than a lease
DAY = NightPlan(seed=1, num_machines=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryOperation:
    """The results of a fault at each operation."""

    num_operations: int  # of the day
    num_tried: int  # pairs of operation and fault
    broken: tuple[NightResult, ...]
    cpu_seconds: float

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "operations": self.num_operations,
            "kinds": [kind.value for kind in KINDS],
            "tried": self.num_tried,
            "cpu_seconds": round(self.cpu_seconds, 1),
            "broken": [
                {"fault": str(night.plan.faults[0]), "hit": list(night.hit), "broken": list(night.broken)}
                for night in self.broken
            ],
        }


def operations_of_a_day() -> list[str]:
    """The names of all operations of an undisturbed day, up to the end of its last process."""
    names: list[str] = []
    with quiet():
        result = live(DAY, names)
    return names[: result.num_disturbable]


def fail_every_operation(
    every: int = 1, first: int = 0, note: Callable[[NightResult], object] = lambda _result: None
) -> EveryOperation:
    """Lives through the day once for each pair of an operation and a kind of fault.

    Args:
        every: try each `every`-th pair only; an odd number that no six divides meets each kind.
        first: the first pair.
        note: called with each night.
    """
    began = time.process_time()
    number = len(operations_of_a_day())
    broken: list[NightResult] = []
    num_tried = 0
    with quiet():
        for result in _nights(number, every, first):
            note(result)
            num_tried += 1
            if result.broken or not result.hit:
                broken.append(result)
    return EveryOperation(
        num_operations=number,
        num_tried=num_tried,
        broken=tuple(broken),
        cpu_seconds=time.process_time() - began,
    )


def _nights(num_operations: int, every: int, first: int) -> Iterator[NightResult]:
    pairs = [(operation, kind) for operation in range(num_operations) for kind in KINDS]
    for operation, kind in pairs[first::every]:
        seconds = HANG_SECONDS if kind in (FaultKind.HANG_BEFORE, FaultKind.HANG_AFTER) else 0.0
        fault = Fault(operation=operation, kind=kind, seconds=seconds)
        yield live(NightPlan(seed=DAY.seed, num_machines=DAY.num_machines, faults=(fault,)))
