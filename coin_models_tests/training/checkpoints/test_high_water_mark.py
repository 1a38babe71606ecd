"""The highest step of a fit."""

from pathlib import Path

from coin_models.training.checkpoints.high_water_mark import HighWaterMark


def test_the_high_water_mark_keeps_the_highest_step_over_processes(tmp_path: Path) -> None:
    with HighWaterMark(tmp_path / "high_water_mark") as high_water_mark:
        high_water_mark.record(12)
        high_water_mark.record(5)

    with HighWaterMark(tmp_path / "high_water_mark") as again:
        step = again.read()

    assert step == 12


def test_a_new_mark_is_zero_and_a_removed_one_is_new_again(tmp_path: Path) -> None:
    mark = HighWaterMark(tmp_path / "folder" / "mark")
    with mark:
        first = mark.read()
        mark.record(3)
    mark.remove()
    mark.remove()
    with mark:
        again = mark.read()

    assert (first, again) == (0, 0)
