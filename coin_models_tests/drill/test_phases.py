"""The phase board: what the child writes is what the drill reads, and it waits where it was asked to."""

import threading
from datetime import date, timedelta
from pathlib import Path

from coin_models.drill.phases import PhaseMarker

DAY = date(2024, 8, 15)


def boards(folder: Path) -> tuple[PhaseMarker, PhaseMarker]:
    """The drill's and the child's, on one file."""
    return PhaseMarker(folder / "phase"), PhaseMarker(folder / "phase")


def test_a_board_that_nobody_wrote_on_says_start_up(tmp_path: Path) -> None:
    drill, _child = boards(tmp_path)

    assert drill.see().phase == "start-up"


def test_the_drill_sees_the_phase_that_the_child_entered(tmp_path: Path) -> None:
    drill, child = boards(tmp_path)
    child.enter("validation")

    assert drill.see().phase == "validation"


def test_a_phase_of_another_thread_gives_way_to_the_one_before_it(tmp_path: Path) -> None:
    drill, child = boards(tmp_path)
    child.enter("later epochs")
    with child.during("uploading"):
        within = drill.see().phase

    assert within == "uploading"
    assert drill.see().phase == "later epochs"


def test_the_child_waits_on_the_threshold_until_it_is_let_go(tmp_path: Path) -> None:
    drill, child = boards(tmp_path)
    drill.pause_at("row")
    entering = threading.Thread(target=child.enter, args=("row",))
    entering.start()
    while not drill.see().is_held:
        entering.join(0.001)
    waited = entering.is_alive()
    drill.pause_at(None)
    entering.join(5.0)

    assert waited
    assert not entering.is_alive()
    assert not drill.see().is_held


def test_the_first_step_of_a_cohort_tells_what_it_went_on_from(tmp_path: Path) -> None:
    drill, child = boards(tmp_path)
    child.step(DAY, ["BTC", "ETH"], 31)
    child.step(DAY, ["BTC", "ETH"], 40)
    first = drill.see()
    child.step(DAY, ["SOL"], 1)
    second = drill.see()
    child.step(DAY + timedelta(days=1), ["SOL"], 2)
    third = drill.see()

    assert (first.first_step, first.last_step) == (30, 40)
    assert (second.first_step, second.last_step) == (0, 1)
    assert len({first.cohort, second.cohort, third.cohort}) == 3  # the same coins of another day are other work
    assert first.first_step_at == second.first_step_at > 0
