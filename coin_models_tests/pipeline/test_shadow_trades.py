"""Trading days, and which version becomes or stays champion; intervals are judged by a version's own quantile levels."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.pipeline.daily_report import write_report
from coin_models.pipeline.manual_promotion import promote
from coin_models.registry.versions import ModelVersion
from coin_models.reporting.report.html import render_html
from coin_models.settings.levels import coverage_name
from coin_models_tests.pipeline.trading_days import FIRST, TradingWorld
from coin_models_tests.registry import builders

THREE, FIVE, USUAL = (0.05, 0.5, 0.95), (0.05, 0.25, 0.5, 0.75, 0.95), (0.1, 0.5, 0.9)
BEFORE = FIRST - timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TradingWorld]:
    made = TradingWorld(tmp_path / "home", num_days=1, coins=("BTC", "ETH"), publishes=False)
    yield made
    made.services.database.close()


def publish(
    world: TradingWorld, coin: str, levels: tuple[float, ...], *, held: float | None = None, **changes: object
) -> ModelVersion:
    """A version of the day before the first, whose outermost quantiles held this share of the validation outcomes."""
    coverage: Mapping[str, float | None] = {coverage_name(level): level for level in levels}
    if held is not None:
        coverage = {**coverage, coverage_name(levels[-1]): levels[0] + held}
    validation = {"pinball": 0.3, "skill": 0.01, **coverage}
    return world.publish(
        coin,
        BEFORE,
        3,
        architecture=builders.architecture(quantiles=levels, **changes),
        metrics={"validation": validation},
    )


def decisions(world: TradingWorld) -> dict[str, tuple[str, str]]:
    """Decision and reason by coin, of the day before the first."""
    world.trade(BEFORE)
    return {row["coin"]: (row["decision"], row["reason"]) for row in world.rows()["champion_decisions"]}


@pytest.mark.parametrize("levels", [THREE, FIVE], ids=["three levels", "five levels"])
def test_a_calibrated_version_becomes_champion_and_the_report_names_its_own_interval(
    world: TradingWorld, levels: tuple[float, ...]
) -> None:
    publish(world, "BTC", levels, held=0.88)

    decided = decisions(world)
    world.trade(FIRST)
    report = write_report(world.services, FIRST, world.coins).report
    line = report.coins[0]

    assert decided["BTC"][0] == "promote"
    assert (line.coin, line.nominal_coverage) == ("BTC", 0.9)
    assert line.coverage is not None
    assert "Coverage of the 90% interval" in render_html(report)
    assert [figure.label for figure in report.figures if figure.name == "coverage"] == ["Coverage of the 90% interval"]
    assert "80" not in "".join(figure.label for figure in report.figures)


@pytest.mark.parametrize("levels", [THREE, FIVE], ids=["three levels", "five levels"])
def test_a_miscalibrated_version_of_other_levels_is_refused(world: TradingWorld, levels: tuple[float, ...]) -> None:
    publish(world, "BTC", levels, held=0.7)

    decision, reason = decisions(world)["BTC"]

    assert decision == "none"
    assert "its 90% interval covers 70% of the validation outcomes (tolerance 15%)" in reason


def test_a_version_whose_coverage_is_not_known_is_refused(world: TradingWorld) -> None:
    without = {"validation": {"pinball": 0.3, "skill": 0.01}}
    world.publish("BTC", BEFORE, 3, architecture=builders.architecture(quantiles=THREE), metrics=without)

    decision, reason = decisions(world)["BTC"]

    assert decision == "none"
    assert "it is not known which share of the validation outcomes its 90% interval covers" in reason


def test_champions_with_other_levels_stand_side_by_side(world: TradingWorld) -> None:
    publish(world, "BTC", USUAL)
    publish(world, "ETH", FIVE)

    decisions(world)
    world.trade(FIRST)
    report = write_report(world.services, FIRST, world.coins).report
    page = render_html(report)

    assert {line.coin: line.nominal_coverage for line in report.coins} == {"BTC": 0.8, "ETH": 0.9}
    assert "80% interval or 90% interval, whichever is theirs" in page
    assert "of the 80% interval</td>" in page
    assert "of the 90% interval</td>" in page
    assert {figure.name for figure in report.figures} >= {"coverage_80", "coverage_90"}


def test_a_champion_that_reads_features_of_another_version_of_the_code_is_replaced(world: TradingWorld) -> None:
    names = tuple(f"candles_{k}" for k in range(builders.architecture().num_features))
    outdated = publish(world, "BTC", USUAL, feature_names=names)
    usable = world.publish("BTC", FIRST, 4)
    promote(world.services, outdated.id, reason="it was champion under the old code", who="alice")

    world.trade(FIRST)

    rows = world.rows()["champion_decisions"]
    (decision,) = [row for row in rows if (row["coin"], row["day"]) == ("BTC", FIRST)]
    assert (decision["decision"], decision["version_id"]) == ("rollback", usable.id)
    assert "reads 27 features that this code does not compute" in decision["reason"]
