"""Sparklines."""

from coin_models.reporting.report.sparkline import sparkline


def test_each_block_is_the_mean_of_its_share_of_the_values() -> None:
    assert sparkline([0, 0, 1, 1, 2, 2, 7, 7], 4) == "▁▂▃█"  # 0, 1, 2 and 7 of seven steps


def test_a_flat_curve_is_drawn_at_the_bottom() -> None:
    assert sparkline([3.0, 3.0], 2) == "▁▁"


def test_a_curve_shorter_than_the_width_has_a_block_for_each_value() -> None:
    assert sparkline([1.0, 2.0], 16) == "▁█"
