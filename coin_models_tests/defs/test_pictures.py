"""The pictures that the UI shows of a model."""

import re
from xml.etree import ElementTree as ET

from coin_models.defs.pictures import calibration_chart, loss_chart


def test_a_calibrated_quantile_lies_on_the_diagonal_and_one_that_holds_too_much_above_it() -> None:
    # The square is 220 wide with a margin of 34: 0.5 is at 34 + 0.5 * 152 = 110 from the left; 75 % is 34 + 0.25 * 152 = 72
    # from the top.
    svg = calibration_chart({0.5: 0.5, 0.9: 0.75})

    dots = re.findall(r'circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert dots == [("110.0", "110.0"), ("170.8", "72.0")]
    assert "0.9: 75.0%" in svg


def test_the_loss_falls_from_the_top_left_to_the_bottom_right() -> None:
    # 320 x 180 with a margin of 34: the highest loss is at the top (34), the lowest at the bottom (146).
    svg = loss_chart({"validation": (0.4, 0.3, 0.2)})

    assert 'points="34.0,34.0 160.0,90.0 286.0,146.0"' in svg
    assert "0.4000" in svg
    assert "0.2000" in svg


def test_both_are_whole_pictures_even_of_nothing() -> None:
    for svg in (calibration_chart({}), loss_chart({})):
        assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - our own
