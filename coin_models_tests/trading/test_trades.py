"""The money arithmetic of a trade's two fills."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coin_models.trading.trades import ExitReason, Trade, make_fill
from coin_models_tests.trading.builders import DEAR, NOW


def trade(side: int = 1, *, exit_quoted: float = 110.0) -> Trade:
    """Ten coins at 100, closed an hour later."""
    return Trade(
        side=side,
        decided_at=NOW,
        entry=make_fill(DEAR, at=NOW, direction=side, quantity=10.0, quoted=100.0),
        exit=make_fill(DEAR, at=NOW + timedelta(hours=1), direction=-side, quantity=10.0, quoted=exit_quoted),
        funding_usd=0.1,
        exit_reason=ExitReason.HORIZON,
        num_candles_held=1,
        forecast={"0.5": 0.1},
    )


def test_a_fill_pays_slippage_in_its_price_and_a_fee_on_what_changes_hands() -> None:
    buy = make_fill(DEAR, at=NOW, direction=1, quantity=10.0, quoted=100.0)

    # 0.05 % above 100, ten coins; 0.1 % of 1,000.50
    assert (buy.price, buy.notional_usd) == pytest.approx((100.05, 1000.5))
    assert (buy.slippage_usd, buy.fee_usd, buy.cash_usd) == pytest.approx((0.5, 1.0005, -1000.5))


def test_a_long_earns_the_rise_less_all_costs() -> None:
    made = trade()

    # Sold at 109.945 for 1,099.45: slippage 0.5 + 0.55, fees 1.0005 + 1.09945, funding 0.1.
    assert made.gross_pnl_usd == pytest.approx(100.0)
    assert made.slippage_usd == pytest.approx(1.05)
    assert made.fees_usd == pytest.approx(2.09995)
    assert made.pnl_usd == pytest.approx(100.0 - 1.05 - 2.09995 - 0.1)


def test_a_short_loses_the_rise_and_pays_the_same_costs() -> None:
    made = trade(-1)

    # Sold at 99.95, bought back at 110.055: 999.50 - 1,100.55, fees 0.9995 + 1.10055.
    assert made.gross_pnl_usd == pytest.approx(-100.0)
    assert made.pnl_usd == pytest.approx(-101.05 - 2.10005 - 0.1)


def test_a_trade_out_of_order_or_with_fills_on_the_wrong_side_is_refused() -> None:
    good = trade()

    with pytest.raises(ValueError, match="decided, entered, exited in this order"):
        replace(good, decided_at=NOW + timedelta(seconds=1))
    with pytest.raises(ValueError, match="go with its side, then against it"):
        replace(good, side=-1)
