"""The picture in the terminal: never wider than it, each outcome where it belongs, and readable in plain characters."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO, TextIOWrapper

import pytest

from coin_models.cli.characters import use_plain_characters
from coin_models.cli.forecast_plot import plot_lines
from coin_models.registry.forecast import Forecast
from coin_models.reporting.report.band import ForecastBand
from coin_models_tests.reporting.report.builders import BAND, MADE

FORECAST = Forecast(
    coin="BTC", version_id="BTC-1", forecaster="champion", made_at=MADE, valid_until=MADE + timedelta(hours=1),
    price=100.0, returns={0.1: -0.01, 0.5: 0.0, 0.9: 0.02}, prices={0.1: 99.0, 0.5: 100.0, 0.9: 102.0},
)  # fmt: skip


def test_each_outcome_is_in_its_column_inside_or_outside() -> None:
    lines = plot_lines(BAND, FORECAST)

    # From +3 % (the outcome that is outside) to -1 % in 15 rows: a row is 0.2857 %.
    assert lines[0].split() == ["+3.00%", "✗"]
    assert lines[0].index("✗") == 10  # the second column
    assert lines[14].split() == ["-1.00%", "░░░░", "││"]
    zero = next(line for line in lines if "+0.00%" in line)
    assert zero.split()[1] == "░░●░·──"
    assert lines[7][9] == "●"  # +1 % in the first column
    assert "2 of 3 outcomes" in " ".join(lines)
    assert lines[15].split() == ["15", "Aug"]


@pytest.mark.parametrize("width", [40, 80])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = replace(BAND, points=BAND.points * 100)

    lines = plot_lines(long, FORECAST, width=width)

    assert max(map(len, lines)) <= width
    assert "░" * (width - 12) in "".join(lines)


def test_before_the_first_traded_day_it_is_the_forecast_alone() -> None:
    lines = plot_lines(None, FORECAST)

    assert "no forecast is recorded yet" in " ".join(lines)
    assert lines[0].split() == ["+2.00%", "││"]


@pytest.mark.parametrize("encoding", ["ascii", "iso8859-1"])
def test_a_terminal_without_unicode_gets_plain_characters(encoding: str) -> None:
    written = BytesIO()
    stream = TextIOWrapper(written, encoding=encoding)
    use_plain_characters(stream)

    stream.write("\n".join(plot_lines(BAND, FORECAST)))
    stream.flush()

    text = written.getvalue().decode(encoding)
    assert "?" not in text
    assert all(character in text for character in ":#x|-")


def test_a_band_that_is_only_zeros_is_one_row() -> None:
    flat = ForecastBand(coin="BTC", nominal=0.8, points=(replace(BAND.points[0], low=0.0, high=0.0, realised=0.0),))

    lines = plot_lines(flat, replace(FORECAST, returns=dict.fromkeys(FORECAST.returns, 0.0)))

    assert lines[0].split() == ["+0.00%", "●·──"]
