"""Costs of fills."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.settings.trading import TradingSettings
from coin_models.trading.costs import LinearFunding, ProportionalFee, ProportionalSlippage, build_costs
from coin_models_tests.trading.builders import DEAR


def test_a_fee_is_a_share_of_the_notional() -> None:
    fee = ProportionalFee(bps=5).fee_usd(20_000.0)

    assert fee == pytest.approx(10.0)  # 0.05 % of 20,000


def test_slippage_makes_a_buy_dearer_and_a_sale_cheaper() -> None:
    slippage = ProportionalSlippage(bps=2)

    assert slippage.fill_price(100.0, +1) == pytest.approx(100.02)
    assert slippage.fill_price(100.0, -1) == pytest.approx(99.98)


def test_a_long_pays_funding_and_a_short_earns_it() -> None:
    funding = LinearFunding(bps_per_day=3)

    assert funding.funding_usd(10_000.0, +1, 86_400 / 3) == pytest.approx(1.0)  # 3 USD a day, for a third of a day
    assert funding.funding_usd(10_000.0, -1, 86_400 / 3) == pytest.approx(-1.0)


def test_a_round_trip_counts_two_fees_two_slippages_and_the_funding_of_the_hold() -> None:
    # Fees 2 x 0.1 %, funding 24 bps a day for an hour = 0.01 %, slippage log(1.0005 / 0.9995).
    assert DEAR.round_trip(+1, 3600) == pytest.approx(0.002 + 0.0001 + log(1.0005 / 0.9995))
    assert DEAR.round_trip(-1, 3600) == pytest.approx(
        0.002 + log(1.0005 / 0.9995)
    )  # what may be earned is not counted on


@given(fee=st.floats(0, 100), slippage=st.floats(0, 100), funding=st.floats(-10, 10), side=st.sampled_from([-1, 1]))
def test_no_setting_makes_a_round_trip_a_gain(fee: float, slippage: float, funding: float, side: int) -> None:
    settings = TradingSettings(fee_bps=fee, slippage_bps=slippage, funding_bps_per_day=funding)

    assert build_costs(settings).round_trip(side, 3600) >= 0
