"""The interval between the outermost levels: its name, its share, its coverage."""

import pytest

from coin_models.settings.levels import ForecastInterval, interval_label


@pytest.mark.parametrize(
    ("levels", "label", "nominal"),
    [
        ((0.1, 0.5, 0.9), "80% interval", 0.8),
        ((0.05, 0.5, 0.95), "90% interval", 0.9),
        ((0.05, 0.25, 0.5, 0.75, 0.95), "90% interval", 0.9),
        ((0.0125, 0.5, 0.9875), "97.5% interval", 0.975),
        ((0.1, 0.5, 0.95), "85% interval", 0.85),
    ],
)
def test_an_interval_is_named_after_the_share_that_it_should_hold(
    levels: tuple[float, ...], label: str, nominal: float
) -> None:
    interval = ForecastInterval.of(levels)

    assert (interval.label, interval.nominal) == (label, nominal)
    assert interval_label(interval.nominal) == label


def test_coverage_is_what_lies_between_the_outermost_levels() -> None:
    metrics = {"coverage_0.05": 0.07, "coverage_0.5": 0.5, "coverage_0.95": 0.96, "skill": 0.1}
    interval = ForecastInterval.of_metrics(metrics)

    assert interval == ForecastInterval(low=0.05, high=0.95)
    assert interval is not None
    assert interval.coverage(metrics) == pytest.approx(0.89)


def test_metrics_of_other_levels_say_nothing_of_an_interval() -> None:
    metrics = {"coverage_0.05": 0.07, "coverage_0.95": 0.96}

    assert ForecastInterval(low=0.1, high=0.9).coverage(metrics) is None
    assert ForecastInterval(low=0.05, high=0.95).coverage({"coverage_0.05": None, "coverage_0.95": 0.9}) is None


def test_metrics_without_coverage_name_no_interval() -> None:
    assert ForecastInterval.of_metrics({"skill": 0.1}) is None
    assert ForecastInterval.of_metrics({"coverage_0.5": 0.5}) is None


@pytest.mark.parametrize("ends", [(0.9, 0.1), (0.5, 0.5), (0.0, 0.9), (0.1, 1.0)])
def test_an_interval_whose_ends_do_not_ascend_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="ascending"):
        ForecastInterval(low=ends[0], high=ends[1])
