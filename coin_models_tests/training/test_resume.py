"""A fit that is interrupted and resumed gives the bytes of an uninterrupted one."""

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from coin_models.errors import Interrupted, LeaseLost
from coin_models.storage.memory import MemoryStore
from coin_models.training.checkpoints.chain import CheckpointChain
from coin_models.training.fit.tasks import CohortTask
from coin_models.training.interruption.preemption import PreemptionMonitor, PreemptionNotice
from coin_models.training.results import CohortResult
from coin_models.training.run_fit import fit_cohort
from coin_models_tests.training import builders

NUM_STEPS = 18  # 3 epochs of 6 steps


class Killed(BaseException):
    """Stands in for SIGKILL between two steps: nothing handles it, nothing is saved because of it."""


class ScriptedBoard(PreemptionMonitor):
    """A board that does something at its n-th look, which is after the n-th step of the fit it is given to."""

    def __init__(self, look: int, action: Callable[["ScriptedBoard"], None]) -> None:
        super().__init__(builders.SETTINGS)
        self._left, self._action = look, action

    def received(self) -> PreemptionNotice | None:
        self._left -= 1
        if self._left == 0:
            self._action(self)
        return super().received()


def notice_after(steps: int, grace_seconds: float = 60.0) -> PreemptionMonitor:
    return ScriptedBoard(steps, lambda board: board.post("test", grace_seconds))


def kill_after(steps: int) -> PreemptionMonitor:
    def kill(board: PreemptionMonitor) -> None:
        raise Killed

    return ScriptedBoard(steps, kill)


@pytest.fixture(scope="module")
def task() -> CohortTask:
    return builders.cohort(builders.coin_task("AAA"), builders.coin_task("BBB", num_rows=150))


@pytest.fixture(scope="module")
def uninterrupted(task: CohortTask, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return outcome(fit(task, builders.chain(task, tmp_path_factory.mktemp("whole"))))


def fit(
    task: CohortTask,
    chain: CheckpointChain,
    notice: PreemptionMonitor | None = None,
    lease_alive: Callable[[], bool] = lambda: True,
) -> CohortResult:
    return fit_cohort(
        task,
        checkpoints=chain,
        notice=notice or builders.board(),
        progress=lambda progress: None,
        lease_alive=lease_alive,
    )


def outcome(result: CohortResult) -> dict[str, object]:
    """All that is published of each coin, weights as bytes."""
    return {
        coin: (
            {name: value.tobytes() for name, value in fitted.weights.items()},
            fitted.best_epoch,
            fitted.metrics,
            fitted.loss_curve,
        )
        for coin, fitted in result.coins.items()
    }


@pytest.mark.parametrize("stops", [[1], [5], [6], [7], [17], [18], [3, 6, 11, 12, 16]])
def test_stopped_by_notice_after_any_step_it_ends_with_the_same_bytes(
    stops: list[int], task: CohortTask, uninterrupted: dict[str, object], tmp_path: Path
) -> None:
    chain = builders.chain(task, tmp_path)
    done = 0
    for stop in stops:
        with pytest.raises(Interrupted, match=f"saved step {stop} here and in the store"):
            fit(task, chain, notice_after(stop - done))
        done = stop

    result = fit(task, chain)

    assert result.counters.resumed_from_step == stops[-1]
    assert result.counters.steps_done_here == NUM_STEPS - stops[-1]
    assert result.counters.steps_redone == 0
    assert outcome(result) == uninterrupted


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_random_again_and_again_it_ends_with_the_same_bytes(
    seed: int, task: CohortTask, uninterrupted: dict[str, object], tmp_path: Path
) -> None:
    chain = builders.chain(task, tmp_path)
    dice = random.Random(seed)
    for _ in range(5):
        try:
            fit(task, chain, kill_after(dice.randint(1, 9)))
        except Killed:
            continue

    result = fit(task, chain)

    assert outcome(result) == uninterrupted


def test_an_incremental_fit_resumes_to_the_same_bytes_too(task: CohortTask, tmp_path: Path) -> None:
    parents = fit(task, builders.chain(task, tmp_path / "parents")).coins
    child = builders.cohort(*(builders.coin_task(coin, seed=1, parent=parents[coin].weights) for coin in parents))
    whole = outcome(fit(child, builders.chain(child, tmp_path / "whole")))
    chain = builders.chain(child, tmp_path / "parts")
    with pytest.raises(Interrupted):
        fit(child, chain, notice_after(4))

    result = fit(child, chain)

    assert result.counters.steps_total == 12  # 2 epochs of 6 steps
    assert outcome(result) == whole


def test_a_checkpoint_on_another_machine_is_fetched_from_the_store(
    task: CohortTask, uninterrupted: dict[str, object], tmp_path: Path
) -> None:
    store = MemoryStore()
    with pytest.raises(Interrupted):
        fit(task, builders.chain(task, tmp_path / "one", store=store), notice_after(8))

    result = fit(task, builders.chain(task, tmp_path / "other", store=store))

    assert result.counters.resumed_from_step == 8
    assert outcome(result) == uninterrupted


def test_work_that_a_kill_lost_is_counted_when_it_is_done_again(task: CohortTask, tmp_path: Path) -> None:
    never_saves = builders.SETTINGS.model_copy(
        update={"checkpoint_min_seconds": 1000.0, "checkpoint_max_seconds": 1000.0}
    )
    chain = builders.chain(task, tmp_path, settings=never_saves)
    with pytest.raises(Killed):
        fit(task, chain, kill_after(7))

    result = fit(task, chain)

    assert result.counters.resumed_from_step is None
    assert result.counters.steps_redone == 7


def test_with_no_grace_left_what_was_saved_before_is_untouched(
    task: CohortTask, uninterrupted: dict[str, object], tmp_path: Path
) -> None:
    chain = builders.chain(task, tmp_path)
    with pytest.raises(Interrupted):
        fit(task, chain, notice_after(4))
    with pytest.raises(Interrupted, match=r"of 0.0 s"):
        fit(task, chain, notice_after(3, grace_seconds=0.0))

    result = fit(task, chain)

    assert result.counters.resumed_from_step in (4, 5, 6, 7)
    assert outcome(result) == uninterrupted


def test_a_lost_lease_stops_the_fit(task: CohortTask, tmp_path: Path) -> None:
    with pytest.raises(LeaseLost, match="another session"):
        fit(task, builders.chain(task, tmp_path), lease_alive=lambda: False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_a_lightning_fit_is_ours_to_decide(
    number: signal.Signals, task: CohortTask, uninterrupted: dict[str, object], tmp_path: Path
) -> None:
    # Left to Lightning, SIGTERM ends in SystemExit with code 0 and SIGINT in SystemExit with code 1.
    before = signal.getsignal(number)
    chain = builders.chain(task, tmp_path)

    board = ScriptedBoard(8, lambda board: os.kill(os.getpid(), number))
    with board, pytest.raises(Interrupted, match=f"{number.name}: saved step [89] here and in the store"):
        fit(task, chain, board)

    assert signal.getsignal(number) is before
    assert outcome(fit(task, chain)) == uninterrupted


def test_the_message_says_how_much_of_the_grace_was_used(task: CohortTask, tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match=r"in \d+\.\d of 60\.0 s$") as caught:
        fit(task, builders.chain(task, tmp_path), notice_after(3))

    assert caught.value.exit_code == 143


def test_a_second_signal_while_the_state_is_being_written_damages_nothing(
    task: CohortTask, uninterrupted: dict[str, object], tmp_path: Path
) -> None:
    local, sent = MemoryStore(), ["no signal yet"]

    def terminate(when: str) -> None:
        sent.append(when)
        os.kill(os.getpid(), signal.SIGTERM)

    def again(moment: str, key: str) -> None:
        if moment == "put" and 2 <= len(sent) <= 3:  # before the state is there, and before its manifest
            terminate(key.rpartition("/")[2])

    board = ScriptedBoard(8, lambda board: terminate("first"))
    local.fault = again
    chain = builders.chain(task, tmp_path, local=local)
    with board, pytest.raises(Interrupted, match=r"SIGTERM: saved step [89] here and in the store"):
        fit(task, chain, board)
    result = fit(task, chain)

    assert len(sent) == 4  # the first, and two more among the writes that followed it
    assert result.counters.resumed_from_step in (8, 9)
    assert outcome(result) == uninterrupted
