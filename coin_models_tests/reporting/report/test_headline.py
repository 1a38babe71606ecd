"""The report in two sentences, and what needs attention."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coin_models.reporting.report.daily_report import (
    DailyReport,
    DayCosts,
    DecisionLine,
    EquityPoint,
    KeyFigure,
)
from coin_models.reporting.report.headline import headline
from coin_models_tests.reporting.report.builders import DAY, coin_line, empty_report, full_report, trade_line


def test_the_headline_counts_models_and_names_what_needs_a_look() -> None:
    top = headline(full_report())

    assert top.summary.startswith("9 of 10 coins have a model for 15 August 2024, 1 of them across an interruption")
    assert any("ATOM failed: FitDiverged" in item for item in top.attention)
    assert any("NEAR rolled back" in item for item in top.attention)
    assert any("NEAR: no better than unconditional quantiles" in item for item in top.attention)
    assert any("LINK candles" in item for item in top.attention)


def test_a_quiet_day_needs_no_look() -> None:
    report = replace(empty_report(), coins=(coin_line(),), trades=(trade_line(),), equity_base_usd=10_000.0)

    top = headline(report)

    assert top.attention == ()
    assert "shadow P&L +$12.50 (+0.12\N{NO-BREAK SPACE}%) in 1 trade." in top.summary  # 0.125 % to even


def test_a_day_without_a_trade_says_why() -> None:
    summary = headline(replace(empty_report(), coins=(coin_line(pnl_usd=0.0),))).summary

    assert "no forecast was worth a trade's costs" in summary


def test_days_without_any_trade_are_one_clause_and_no_verdict() -> None:
    days = tuple(EquityPoint(day=DAY - timedelta(days=k), champion_usd=0.0, challenger_usd=4.0) for k in range(14))
    none = KeyFigure(name="num_trades", label="Shadow trades, 14 days", value="none", number=0.0)
    report = replace(empty_report(), coins=(coin_line(pnl_usd=0.0),), equity=days, figures=(none,))

    top = headline(report)

    assert top.summary.endswith("no forecast was worth a trade's costs in 14 days.")
    assert top.verdict is None


def _with_return(**values: object) -> DailyReport:
    figure = KeyFigure(name="total_return", label="Return, 30 days", value="+1.5 %", interval="90 % interval", **values)  # type: ignore[arg-type]
    return replace(empty_report(), figures=(figure,))


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.02, "earns more than its costs (significant)"),
        (-0.02, -0.01, "loses money (significant)"),
        (-0.01, 0.02, "no significant profit or loss"),
        (None, None, "not significant"),
    ],
)
def test_the_verdict_is_what_the_interval_allows(low: float | None, high: float | None, words: str) -> None:
    verdict = headline(_with_return(number=0.015, low=low, high=high)).verdict

    assert verdict is not None
    assert words in verdict


def test_without_trading_there_is_no_verdict() -> None:
    assert headline(empty_report()).verdict is None


def test_a_coin_that_a_rule_left_out_is_no_news_and_another_without_champion_is() -> None:
    lines = tuple(
        DecisionLine(coin=coin, decision="none", version_id=None, reason="no champion: not sound", decided_by="policy")
        for coin in ("BTC", "ETH")
    )
    coins = (coin_line("BTC", state="skipped", reason="illiquid"), coin_line("ETH"))

    attention = headline(replace(empty_report(), coins=coins, decisions=lines)).attention

    assert attention == ("ETH: no champion: not sound",)


def test_a_night_without_any_model_says_which_rule_left_them_out() -> None:
    report = replace(empty_report(), coins=(coin_line("BTC", state="skipped", reason="ended: no candles since"),))

    shown = headline(report)

    assert shown.summary.startswith("0 of 1 coins have a model for ")
    assert ", 1 skipped, " in shown.summary
    assert shown.attention == ("BTC skipped: ended: no candles since",)


def test_inputs_that_are_another_population_need_a_look() -> None:
    drifted = coin_line("BTC", input_drift=0.31, input_drift_feature="volume")
    instrumented = coin_line("ETH", input_drift=0.15, input_drift_feature="range_3")

    attention = headline(replace(empty_report(), coins=(drifted, instrumented))).attention

    assert attention == (
        "BTC: the market of the last week differs from the training data (volume: stability index 0.31)",
    )


def test_a_coin_that_waits_for_a_place_needs_attention_with_the_reason() -> None:
    waiting = coin_line("BTC", state="unavailable", reason="source unavailable: 503")

    attention = headline(replace(empty_report(), coins=(waiting,))).attention

    assert attention[0] == "BTC unavailable: source unavailable: 503"


def test_the_cost_of_the_day_is_in_the_summary() -> None:
    billed = replace(empty_report(), costs=DayCosts(billed_usd=0.31))
    own = replace(empty_report(), costs=DayCosts(billed_usd=0.0, useful_seconds=202.0))

    assert headline(billed).summary.endswith("cost $0.31.")
    assert headline(own).summary.endswith("3 min 22 s of fitting, nothing billed.")


def test_five_hundred_coins_with_one_cause_are_one_line() -> None:
    coins = tuple(coin_line(f"C{k}", state="unavailable", reason="source unavailable: 503") for k in range(500))

    attention = headline(replace(empty_report(), coins=coins)).attention

    assert attention == ("500 coins unavailable: source unavailable: 503 (C0, C1, C2, C3, C4 and 495 more)",)


def test_inputs_that_changed_are_one_line_whichever_they_are() -> None:
    drifted = tuple(
        coin_line(coin, input_drift=drift, input_drift_feature=feature)
        for coin, drift, feature in (("BTC", 0.31, "volume"), ("ETH", 0.47, "range_12"))
    )

    attention = headline(replace(empty_report(), coins=drifted)).attention

    words = "2 coins, such as BTC: the market of the last week differs from the training data"
    assert attention == (f"{words} (volume: stability index 0.31) (also ETH)",)


def test_of_many_causes_the_first_are_named_and_the_others_counted() -> None:
    letters = "abcdefghijklmn"
    coins = tuple(coin_line(f"C{k}", state="failed", reason=f"cause {letter}") for k, letter in enumerate(letters))

    attention = headline(replace(empty_report(), coins=coins)).attention

    assert len(attention) == 12 + 1
    assert attention[-1] == "and 2 more causes"
