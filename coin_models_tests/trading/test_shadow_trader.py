"""A coin's trading day through the real database: who trades, which rows are left, what is decided."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coin_models.db.engine import Database
from coin_models.errors import UsageError
from coin_models.trading.decisions import Verdict
from coin_models.trading.trades import Role
from coin_models_tests.trading.builders import DAY, contests
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


REFERRING = model(reference=Leaning(lean=-0.5))


def test_without_a_champion_the_reference_of_the_newest_version_trades_and_the_version_is_judged_against_it(
    database: Database,
) -> None:
    traded = trade(database, None, models={"v1": REFERRING})

    reference, version = (result.out_of_sample_record for result in traded.results)
    assert [(each.trader.role, each.trader.version_id) for each in traded.results] == [
        (Role.REFERENCE, "v1"),
        (Role.CHALLENGER, "v1"),
    ]
    assert reference is not None
    assert version is not None
    assert reference.loss == version.loss_reference != version.loss
    assert traded.out_of_sample_record == version
    assert version.skill_over_reference == 1 - version.loss / reference.loss
    assert (traded.decision.verdict, traded.decision.version_id) == (Verdict.NONE, None)
    assert traded.decision.contests is not None
    assert traded.decision.contests.challenger.mean_skill == 1 - version.loss / reference.loss
    assert "day 1 of evidence" in traded.decision.reason


def test_evidence_of_the_days_before_counts_and_leads_to_the_first_champion(database: Database) -> None:
    before = contests(*[0.02] * 25)

    traded = trade(database, None, models={"v1": REFERRING}, contests=before)

    assert (traded.decision.verdict, traded.decision.version_id) == (Verdict.PROMOTE, "v1")
    assert traded.decision.contests is not None
    assert traded.decision.contests.challenger.num_days == 26


def test_a_version_without_a_reference_gathers_no_evidence(database: Database) -> None:
    traded = trade(database, None)

    assert [each.trader.role for each in traded.results] == [Role.CHALLENGER]
    assert "holds no reference" in traded.decision.reason


def test_a_day_without_a_version_leaves_no_rows_of_an_earlier_run(database: Database) -> None:
    trade(database, "v3")

    traded = trade(database, None, versions=VERSIONS[:1])  # fitted on the day itself

    assert rows(database) == []
    assert traded.decision.verdict is Verdict.NONE


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


def test_a_version_that_moved_too_far_from_its_parent_does_not_become_the_first_champion(database: Database) -> None:
    child, moved = replace(VERSIONS[1], parent_id="v2"), model(weight=3.0, reference=Leaning(lean=-0.5))

    traded = trade(
        database,
        None,
        models={"v1": moved},
        versions=(child, *VERSIONS[2:]),
        contests=contests(*[0.02] * 25),
    )

    assert traded.decision.verdict is Verdict.NONE
    assert "2.00 of their parent's norm" in traded.decision.reason


def test_a_champion_of_the_day_itself_is_refused(database: Database) -> None:
    with pytest.raises(UsageError, match="no version of a day before"):
        trade(database, "v0")
