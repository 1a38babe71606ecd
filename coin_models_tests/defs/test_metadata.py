"""The figures that the UI shows of each asset."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from coin_models.defs.metadata import (
    candle_metadata,
    model_metadata,
    pattern_metadata,
    report_metadata,
    trade_metadata,
)
from coin_models.market.quality import DayQuality
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.daily_report import StoredReport
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.registry.versions import Publication
from coin_models.reporting.report.daily_report import DayCosts
from coin_models.reporting.report.out_of_sample import DailyMean
from coin_models.settings.trading import TradingSettings
from coin_models.trading.decisions import Decision, Verdict
from coin_models.trading.out_of_sample import OutOfSampleRecord
from coin_models.trading.patterns.library import Library, NearPattern, Pattern
from coin_models.trading.patterns.outcomes import PatternOutcome
from coin_models.trading.shadow_day import ShadowDay
from coin_models.trading.shadow_trader import TradedDay
from coin_models.trading.trades import Role
from coin_models_tests.market.builders import DAY, candles_at
from coin_models_tests.registry import builders
from coin_models_tests.reporting.report.builders import coin_line, empty_report
from coin_models_tests.trading.builders import score_of, trader

QUALITY = DayQuality(coin="BTC", day=DAY, num_candles=2, num_expected=24, num_gaps=1)
BUNDLE = builders.bundle()
OUTCOME = CoinOutcome(
    coin="BTC", day=builders.DAY, outcome=Outcome.DONE, action=AttemptAction.TRAINED,
    version=Publication(bundle=BUNDLE, fit_seconds=90.0, resumed=True).version(),
)  # fmt: skip


def test_a_day_of_candles_has_its_close_where_it_has_candles() -> None:
    metadata = candle_metadata(QUALITY, candles_at([0, 1]), 720)
    without = candle_metadata(QUALITY, candles_at([]), 0)

    assert metadata["candles"] == "2 of 24, 1 gaps; 720 in the lookback"
    assert metadata["coverage"] == 0.0833333  # six digits
    assert metadata["close"] == 101.0
    assert "close" not in without


def test_problems_of_candles_are_one_text_and_left_out_where_there_are_none() -> None:
    odd = replace(QUALITY, problems=("a gap", "a wick"))

    assert candle_metadata(odd, candles_at([]), 0)["problems"] == "a gap; a wick"
    assert "problems" not in candle_metadata(QUALITY, candles_at([]), 0)


def test_a_model_costs_its_seconds_at_the_price_of_the_machine() -> None:
    metadata = model_metadata(OUTCOME, BUNDLE.manifest, usd_per_hour=0.4)

    # 90 s at 0.40 USD an hour.
    assert metadata["cost_usd"] == pytest.approx(0.01)
    assert (metadata["fit_seconds"], metadata["parent"]) == (90.0, "full retrain")
    assert "cost_usd" not in model_metadata(OUTCOME, BUNDLE.manifest, usd_per_hour=0.0)


def test_figures_that_are_not_followed_over_the_days_are_one_text() -> None:
    metadata = model_metadata(
        replace(OUTCOME, num_candles=25_920, samples_per_second=301_876.5), BUNDLE.manifest, usd_per_hour=0.4
    )

    assert metadata["fit"].startswith("trained: best epoch ")
    assert metadata["fit"].endswith("25,920 candles, 301,876 samples/s, across an interruption")
    plotted = [name for name, value in metadata.items() if isinstance(value, int | float)]
    assert plotted == ["validation_skill", "fit_seconds", "cost_usd"]


def test_a_model_shows_its_calibration_and_its_loss_from_the_first_epoch_to_the_last() -> None:
    metadata = model_metadata(OUTCOME, BUNDLE.manifest, usd_per_hour=0.4)

    # The median's share was not measured.
    assert metadata["calibration"] == "0.1: 0.110, 0.9: 0.900"
    assert metadata["loss_curve"].startswith("train 0.4 ")
    assert metadata["loss_curve"].endswith(" 0.31")


def test_an_outcome_without_a_version_cannot_be_described() -> None:
    with pytest.raises(ValueError, match="has no version to describe"):
        model_metadata(replace(OUTCOME, version=None), BUNDLE.manifest, usd_per_hour=0.4)


def test_a_coin_without_a_champion_has_a_decision_and_no_figures() -> None:
    decision = Decision(coin="BTC", day=DAY, verdict=Verdict.NONE, version_id=None, reason="no version is sound")

    assert trade_metadata(TradedDay(results=(), decision=decision)) == {
        "decision": "none: no version is sound", "champion_from_now_on": "none",
    }  # fmt: skip


def test_a_traded_day_shows_the_out_of_sample_skill_of_the_version_that_is_judged() -> None:
    decision = Decision(coin="BTC", day=DAY, verdict=Verdict.NONE, version_id=None, reason="day 1 of evidence")
    record = OutOfSampleRecord(
        num_scored=288, loss=0.4, loss_unconditional=0.8, loss_reference=0.5, below=0.1, above=0.1, lower_level=0.1,
        upper_level=0.1,
    )  # fmt: skip
    version, reference = (
        ShadowDay(
            trader=trader(role), equity_usd=1000.0, num_candles=288, trades=(), score=score_of([loss]), volatility_book=None,
            out_of_sample_record=replace(record, loss=loss),
        )
        for role, loss in ((Role.CHALLENGER, 0.4), (Role.REFERENCE, 0.5))
    )  # fmt: skip

    metadata = trade_metadata(TradedDay(results=(reference, version), decision=decision))

    assert (metadata["skill_over_reference"], metadata["skill_over_unconditional"]) == pytest.approx((0.2, 0.5))


def pattern(q_value: float | None) -> Pattern:
    seen = datetime(2024, 8, 10, tzinfo=UTC)
    return Pattern(
        id="BTC-2024-08-10-1", found_in="BTC", found_on=DAY, shape=(0.0, 1.0), first_seen=seen, last_seen=seen,
        outcome=replace(PatternOutcome.none(5), q_value=q_value), outcome_by_coin={}, num_trades=0, trades_pnl_usd=0.0,
    )  # fmt: skip


def test_a_library_counts_its_patterns_and_those_that_are_significant_or_active() -> None:
    near = [
        NearPattern(coin=coin, rank=1, pattern_id="x", correlation=0.9, active=coin == "BTC") for coin in ("BTC", "ETH")
    ]
    library = Library(day=DAY, patterns=(pattern(0.05), pattern(0.2), pattern(None)), nearest=tuple(near))

    metadata = pattern_metadata(library, TradingSettings(pattern_false_discovery_rate=0.1))

    assert metadata == {"num_patterns": 3, "num_significant": 1, "num_active": 1}


def test_a_report_has_its_mean_skill_and_its_cost_where_they_are_known() -> None:
    coins = (
        coin_line("BTC", validation_skill=0.02),
        coin_line("ETH", validation_skill=0.04),
        coin_line("SOL", validation_skill=None),
    )
    skill = DailyMean(mean=0.01, num_days=3)
    filled = replace(empty_report(), coins=coins, skill_over_reference=skill, costs=DayCosts(billed_usd=0.25))

    metadata, empty = (
        report_metadata(StoredReport(report=report, html_key="a.html", json_key="a.json"))
        for report in (filled, empty_report())
    )

    assert metadata["mean_validation_skill"] == pytest.approx(0.03)
    assert metadata["skill_over_reference_30_days"] == 0.01
    assert metadata["cost_usd"] == 0.25
    assert (metadata["html"].value, metadata["json"].value) == ("a.html", "a.json")
    assert metadata["page"].value == f"/reports/{filled.day}"
    assert not {"skill_over_reference_30_days", "mean_validation_skill", "cost_usd"} & set(empty)
