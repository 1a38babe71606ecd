"""The results and severities of the asset checks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import AssetCheckResult, AssetCheckSeverity

from coin_models.defs import checks
from coin_models.market.quality import assess_day
from coin_models.reporting.report.daily_report import DailyReport, DecisionLine
from coin_models.settings.root import Settings
from coin_models_tests.reporting.report.builders import coin_line, empty_report
from coin_models_tests.trading.builders import DAY
from coin_models_tests.trading.shadow_days import walk


def report(**values: object) -> DailyReport:
    """One coin, decided about."""
    decision = DecisionLine(coin="BTC", decision="hold", version_id="v", reason="stays", decided_by="policy")
    return replace(empty_report(), coins=(coin_line("BTC", **values),), decisions=(decision,))


def results_of(report: DailyReport) -> dict[str | None, AssetCheckResult]:
    return {result.check_name: result for result in checks.report_checks("daily_report", report)}


def test_a_report_that_says_all_it_should_is_complete() -> None:
    assert results_of(report())[checks.COMPLETE].passed


def test_a_report_that_leaves_something_out_says_what() -> None:
    result = results_of(replace(report(), decisions=()))[checks.COMPLETE]

    assert not result.passed
    assert result.severity is AssetCheckSeverity.ERROR
    assert result.metadata["reason"].value == "BTC: no champion decision"


@pytest.mark.parametrize(
    ("index", "passed", "severity"),
    [
        (0.0999, True, AssetCheckSeverity.WARN),
        (0.1, False, AssetCheckSeverity.WARN),
        (0.2499, False, AssetCheckSeverity.WARN),
        (0.25, False, AssetCheckSeverity.ERROR),
    ],
)
def test_drift_warns_from_a_tenth_and_is_an_error_from_a_quarter(
    index: float, passed: bool, severity: AssetCheckSeverity
) -> None:
    result = results_of(report(input_drift=index, input_drift_feature="volume"))[checks.INPUTS]

    assert (result.passed, result.severity) == (passed, severity)


def test_a_day_without_champions_has_no_drift() -> None:
    assert results_of(empty_report())[checks.INPUTS].passed


@pytest.mark.parametrize(("num_missing", "passed"), [(0, True), (6, True), (7, False)])
def test_candles_that_stop_before_the_days_end_are_not_fresh(tmp_path: Path, num_missing: int, passed: bool) -> None:
    settings = Settings(home=tmp_path)  # carries up to 6 candles forward
    whole = walk(DAY, 2)
    cut = whole.closed_by(datetime(2024, 8, 16, tzinfo=UTC) - num_missing * timedelta(minutes=5))
    quality = assess_day("BTC", cut, DAY, asked_from=DAY - timedelta(days=1))

    (result,) = checks.candle_checks("candles", quality, settings)

    assert quality.num_missing_at_end == num_missing
    assert (result.passed, result.severity) == (passed, AssetCheckSeverity.WARN)
