"""Operations are numbered, take simulated time, and meet the faults that name them."""

import random
from collections.abc import Callable

import pytest

from coin_models.simulation.faults import Fault, FaultKind
from coin_models.simulation.operations import Operations
from coin_models.simulation.scheduler import Process, Scheduler


class Lost(Exception):
    """A store that does not answer."""


class OneProcess:
    """A process that puts three things, and the fault that it meets."""

    def __init__(self, *faults: Fault) -> None:
        self.scheduler = Scheduler()
        self.operations = Operations(self.scheduler, random.Random(1), {each.operation: each for each in faults})
        self.process = Process(name="one", machine="one", number=1)
        self.done: list[int] = []
        self.errors: list[str] = []

    def put(self, number: int) -> Callable[[], None]:
        return lambda: self.done.append(number)

    def run(self) -> "OneProcess":
        def work() -> None:
            for number in range(3):
                try:
                    self.operations.run("store", f"put {number}", self.put(number), Lost)
                except Lost as error:
                    self.errors.append(str(error))

        self.scheduler.spawn(self.process, "main", work)
        self.scheduler.run(1000.0)
        return self


@pytest.mark.parametrize(
    ("kind", "done", "num_errors", "is_alive"),
    [
        (FaultKind.FAIL_BEFORE, [0, 2], 1, True),
        (FaultKind.FAIL_AFTER, [0, 1, 2], 1, True),
        (FaultKind.HANG_BEFORE, [0, 2], 1, True),
        (FaultKind.HANG_AFTER, [0, 1, 2], 1, True),
        (FaultKind.DIE_BEFORE, [0], 0, False),
        (FaultKind.DIE_AFTER, [0, 1], 0, False),
        (FaultKind.SLOW, [0, 1, 2], 0, True),
        (FaultKind.PAUSE, [0, 1, 2], 0, True),
        (FaultKind.NOTICE, [0, 1, 2], 0, True),
    ],
)
def test_each_kind_of_fault_has_its_effect(kind: FaultKind, done: list[int], num_errors: int, is_alive: bool) -> None:
    one = OneProcess(Fault(operation=1, kind=kind, seconds=5.0)).run()

    assert (one.done, len(one.errors), one.process.is_alive) == (done, num_errors, is_alive)
    assert [what for _, what in one.operations.hit] == ["one store put 1"]


def test_the_same_seed_gives_the_same_digest_and_another_fault_another_one() -> None:
    first, again = OneProcess().run(), OneProcess().run()
    other = OneProcess(Fault(operation=0, kind=FaultKind.SLOW, seconds=1.0)).run()

    assert first.operations.digest == again.operations.digest != other.operations.digest


def test_outside_of_a_process_nothing_is_counted() -> None:
    one = OneProcess()
    one.operations.run("store", "put", one.put(0), Lost)

    assert (one.done, one.operations.num_done) == ([0], 0)
