"""A coin's trading day through the real database: who trades, which rows are left, what is decided."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coin_models.db.engine import Database
from coin_models.errors import UsageError
from coin_models.trading.decisions import Verdict
from coin_models.trading.trades import Role
from coin_models_tests.trading.builders import DAY
from coin_models_tests.trading.shadow_days import HISTORY, VERSIONS, Leaning, model, rows, trade


def test_champion_and_challenger_trade_the_same_day_side_by_side(database: Database) -> None:
    traded = trade(database, "v3")

    roles = {row["role"]: row["version_id"] for row in rows(database)}
    assert roles == {"champion": "v3", "challenger": "v1"}  # v0 was fitted on this very day
    assert all(len(result.trades) > 3 for result in traded.results)


def test_a_days_row_is_the_sum_of_its_trades(database: Database) -> None:
    trade(database, "v3")

    day, *_ = [row for row in rows(database) if row["role"] == "champion" and "num_trades" in row]
    trades = [row for row in rows(database) if row["role"] == "champion" and "side" in row]
    assert day["num_trades"] == len(trades)
    assert day["pnl_usd"] == pytest.approx(sum(row["pnl_usd"] for row in trades))
    assert day["fees_usd"] == pytest.approx(sum(row["fees_usd"] for row in trades))


def test_trading_a_day_again_leaves_the_same_rows_and_the_same_decision(database: Database) -> None:
    first = trade(database, "v3")
    before = rows(database)

    again = trade(database, "v3")

    assert rows(database) == before
    assert again.decision == first.decision


def test_a_day_without_a_champion_leaves_no_rows_of_an_earlier_run(database: Database) -> None:
    trade(database, "v3")

    traded = trade(database, None)

    assert rows(database) == []
    assert (traded.decision.verdict, traded.decision.version_id) == (Verdict.PROMOTE, "v0")


def test_a_champion_whose_bundle_is_damaged_is_rolled_back(database: Database) -> None:
    traded = trade(database, "v3", damaged="v3")

    assert (traded.decision.verdict, traded.decision.version_id) == (Verdict.ROLLBACK, "v0")
    assert "digest is not the one in the manifest" in traded.decision.reason
    assert [result.trader.role for result in traded.results] == [Role.CHALLENGER]
    assert list(traded.unreadable) == ["v3"]


def test_on_a_day_without_candles_nothing_is_traded_and_the_champion_stays(database: Database) -> None:
    delisted = HISTORY.slice_days(DAY - timedelta(days=7), DAY - timedelta(days=1))

    for history in (delisted, HISTORY.slice_days(DAY + timedelta(days=1), DAY + timedelta(days=1))):
        traded = trade(database, "v3", history=history)

        assert (traded.results, rows(database)) == ((), [])
        assert (traded.decision.verdict, traded.decision.version_id) == (Verdict.HOLD, "v3")
        assert "BTC has no candles on" in traded.decision.reason


def test_a_challenger_with_forecasts_far_off_is_refused(database: Database) -> None:
    traded = trade(database, "v3", models={"v1": model(Leaning(bias=1.5))})

    assert traded.decision.verdict is Verdict.HOLD
    assert traded.decision.challenger_refused


def test_a_version_that_moved_too_far_from_its_parent_does_not_become_the_first_champion(database: Database) -> None:
    child = replace(VERSIONS[0], parent_id="v1")

    traded = trade(database, None, models={"v0": model(weight=3.0)}, versions=(child, *VERSIONS[1:]))

    assert traded.decision.verdict is Verdict.NONE
    assert "2.00 of their parent's norm" in traded.decision.reason


def test_a_champion_of_the_day_itself_is_refused(database: Database) -> None:
    with pytest.raises(UsageError, match="no version of a day before"):
        trade(database, "v0")
