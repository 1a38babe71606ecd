"""A backtest's figures follow from its days."""

import json

import pytest

from coin_models_tests.reporting.backtest.made import backtest, book


def test_a_book_adds_up_its_days() -> None:
    made = book("forecast trades", 0.01, -0.02, 0.04)

    assert made.gross_return == pytest.approx(0.03)
    assert made.cost == pytest.approx(0.003)
    assert made.total_return == pytest.approx(0.027)
    assert made.turnover_per_day == pytest.approx(0.5)


def test_its_json_can_be_read_back() -> None:
    made = backtest(book("forecast trades", 0.01, -0.02, 0.04), num_trials=4)

    read = json.loads(json.dumps(made.to_json(), default=str))

    assert (read["first"], read["days"], read["coin_days"], read["trials"]) == ("2024-08-25", 12, 24, 4)
    assert read["books"][0]["total_return"] == pytest.approx(0.027)
    assert read["models"]["level"] == pytest.approx(0.975)
    assert len(read["models"]["volatility"]) == 4
