"""The forecast band: counted, cut at gaps, and drawn with a dot for each outcome outside."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from coin_models.reporting.report.band import band_chart
from coin_models_tests.reporting.report.builders import BAND


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_outcomes_within_the_interval_are_counted_among_those_that_are_known() -> None:
    assert plain(str(BAND)) == "2 of 3 outcomes within the 80% interval (66.7 %)"
    assert [point.is_inside for point in BAND.points] == [True, False, True, False]


def test_a_band_of_which_no_outcome_is_known_has_no_share() -> None:
    unknown = replace(BAND, points=(BAND.points[-1],))

    assert str(unknown) == "0 of 0 outcomes within the 80% interval"
    ET.fromstring(band_chart(unknown))  # noqa: S314 -- our own


def test_nothing_is_drawn_across_a_gap() -> None:
    assert [len(part) for part in BAND.stretches()] == [2, 2]
    assert band_chart(BAND).count("<polygon") == 2


def test_an_outcome_outside_is_a_dot_that_says_when_and_how_far() -> None:
    chart = band_chart(BAND)

    ET.fromstring(chart)  # noqa: S314 -- our own
    assert chart.count("<circle") == 1
    assert "16 Aug 00:00: +3.00 %" in plain(chart)
    assert ">16 Aug<" in chart  # midnight, below the picture
