"""Trading days, and which version becomes or stays champion; intervals are judged by a version's own quantile levels."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.pipeline.daily_report import write_report
from coin_models.pipeline.manual_promotion import promote
from coin_models.registry.versions import ModelVersion
from coin_models.reporting.report.headline import headline
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


def crowned(world: TradingWorld, coin: str, levels: tuple[float, ...]) -> ModelVersion:
    """A champion of the day before the first, with these quantiles."""
    coverage = {coverage_name(level): level for level in levels}
    validation: Mapping[str, float | None] = {"pinball": 0.3, "skill": 0.01, **coverage}
    version = world.publish(
        coin,
        BEFORE,
        3,
        architecture=builders.referring_architecture(quantiles=levels),
        metrics={"validation": validation},
    )
    world.crown(version)
    return version


@pytest.mark.parametrize("levels", [THREE, FIVE], ids=["three levels", "five levels"])
def test_the_report_names_a_champions_own_interval(world: TradingWorld, levels: tuple[float, ...]) -> None:
    crowned(world, "BTC", levels)

    world.trade(FIRST)
    report = write_report(world.services, FIRST, world.coins).report
    line = report.coins[0]

    assert (line.coin, line.nominal_coverage) == ("BTC", 0.9)
    assert line.coverage is not None
    assert "Coverage of the 90% interval" in render_html(report)
    assert [figure.label for figure in report.figures if figure.name == "coverage"] == ["Coverage of the 90% interval"]
    assert "80" not in "".join(figure.label for figure in report.figures)


def test_a_coin_without_a_champion_is_traded_by_its_reference_and_the_report_says_so(world: TradingWorld) -> None:
    version = world.publish("BTC", BEFORE, 3)

    world.trade(BEFORE)
    world.trade(FIRST)
    report = write_report(world.services, FIRST, world.coins).report
    line = report.coins[0]

    rows = [(row["day"], row["role"], row["version_id"]) for row in world.rows()["shadow_days"]]
    assert rows == [(FIRST, "challenger", version.id), (FIRST, "reference", version.id)]
    assert (line.champion_id, line.forecaster, line.forecaster_id) == (None, "reference", version.id)
    assert line.pnl_usd is not None
    assert "1 forecast by the reference, without a champion yet" in headline(report).summary


def test_evidence_gathers_from_day_to_day_in_the_decisions(tmp_path: Path) -> None:
    world = TradingWorld(tmp_path / "strict", num_days=3, crowns=False, significance=0.0025)

    for day in world.days:
        world.trade(day)

    days = [row["statistics"]["contests"]["challenger"]["num_days"] for row in world.rows()["champion_decisions"]]
    assert days == [1, 2, 3]
    world.services.database.close()


def test_champions_with_other_levels_stand_side_by_side(world: TradingWorld) -> None:
    crowned(world, "BTC", USUAL)
    crowned(world, "ETH", FIVE)

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
    outdated = world.publish("BTC", BEFORE, 3, architecture=builders.architecture(feature_names=names))
    usable = world.publish("BTC", FIRST, 4)
    promote(world.services, outdated.id, reason="it was champion under the old code", who="alice")

    world.trade(FIRST)

    rows = world.rows()["champion_decisions"]
    (decision,) = [row for row in rows if (row["coin"], row["day"]) == ("BTC", FIRST)]
    assert (decision["decision"], decision["version_id"]) == ("rollback", usable.id)
    assert "reads 27 features that this code does not compute" in decision["reason"]
