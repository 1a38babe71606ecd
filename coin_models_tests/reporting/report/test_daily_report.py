"""The report as a value."""

import json
from dataclasses import replace

import pytest

from coin_models_tests.reporting.report.builders import coin_line, empty_report, full_report, trade_line


def test_the_json_holds_all_lines_and_a_summary() -> None:
    report = full_report()

    content = json.loads(json.dumps(report.to_json(), allow_nan=False))

    assert content["day"] == "2024-08-15"
    assert [coin["coin"] for coin in content["coins"]] == [coin.coin for coin in report.coins]
    assert len(content["trades"]) == 21
    assert content["summary"]["states"] == {"failed": 1, "resumed": 1, "reused": 1, "trained": 7}
    assert content["summary"]["rollbacks"] == 1


def test_a_report_says_what_it_cannot_tell() -> None:
    report = replace(
        empty_report(),
        coins=(
            coin_line("BTC"),
            coin_line("ETH", state="missing", version_id=None),
            coin_line("SOL", version_id=None, pnl_usd=None),
        ),
    )

    omissions = report.find_omissions()

    assert omissions == (
        "ETH: nothing is known about its training",
        "BTC: no champion decision",
        "SOL: it was forecast, but has no shadow day",
    )


def test_the_best_trade_gained_and_the_worst_one_lost() -> None:
    gains = replace(empty_report(), trades=(trade_line("A", pnl=3.0), trade_line("B", pnl=5.0)))
    both = replace(empty_report(), trades=(trade_line("A", pnl=3.0), trade_line("B", pnl=-5.0)))

    assert (gains.best_trade, gains.worst_trade) == (gains.trades[1], None)
    assert (both.best_trade, both.worst_trade) == both.trades


def test_the_mean_skill_is_that_of_the_coins_with_a_version() -> None:
    report = replace(
        empty_report(),
        coins=(coin_line(validation_skill=0.01), coin_line(validation_skill=0.04), coin_line(validation_skill=None)),
    )

    assert report.mean_validation_skill() == pytest.approx(0.025)
    assert empty_report().mean_validation_skill() is None


def test_coins_are_picked_by_state_and_by_drift_in_the_reports_order() -> None:
    coins = (coin_line("B", state="failed"), coin_line("A", input_drift=0.25), coin_line("C", input_drift=0.2))
    report = replace(empty_report(), coins=coins)

    assert [coin.coin for coin in report.coins_in_state("failed", "trained")] == ["B", "A", "C"]
    assert [coin.coin for coin in report.drifted(0.25)] == ["A"]
