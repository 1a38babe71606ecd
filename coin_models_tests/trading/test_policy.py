"""From quantiles to a side, a size and a stop."""

import numpy as np
import pytest

from coin_models.settings.trading import TradingSettings
from coin_models.trading.forecasts import Forecasts
from coin_models.trading.policy import PolicyRules, build_rules, read_signals
from coin_models_tests.trading.builders import DEAR, FREE, LEVELS, RULES, forecasts_of


def test_a_position_is_opened_only_when_the_median_beats_costs_and_margin() -> None:
    rules = PolicyRules(edge_margin=0.001, risk_fraction=0.01, max_position=1.0, stop_interval_multiple=1.0)
    # A long over 3 h costs 0.2 % fees + 0.1 % slippage + 0.03 % funding; with the margin it must earn 0.43 %.
    forecasts = forecasts_of({0: 0.0042, 1: 0.0044, 2: -0.0042, 3: -0.0039}, 4)

    signals = read_signals(forecasts, rules, DEAR, candle_seconds=3600)

    assert signals.side.tolist() == [0, 1, -1, 0]  # a short pays no funding: 0.40 % is enough


def test_a_wider_interval_makes_a_smaller_position() -> None:
    narrow = read_signals(forecasts_of({0: 0.03}, 1, half_width=0.02), RULES, FREE, candle_seconds=3600)
    wide = read_signals(forecasts_of({0: 0.03}, 1, half_width=0.04), RULES, FREE, candle_seconds=3600)

    assert narrow.fraction[0] == pytest.approx(0.5)  # 1 % of equity at risk / 2 %
    assert wide.fraction[0] == pytest.approx(0.25)


def test_a_position_is_never_larger_than_the_largest() -> None:
    signals = read_signals(forecasts_of({0: 0.03}, 1, half_width=0.0001), RULES, FREE, candle_seconds=3600)

    assert signals.fraction[0] == 1.0


@pytest.mark.parametrize("row", [[np.nan, 0.05, 0.06], [0.07, 0.05, 0.06], [0.05, 0.05, 0.05], [0.01, 0.05, np.inf]])
def test_a_forecast_that_is_not_finite_or_crosses_or_has_no_width_asks_for_nothing(row: list[float]) -> None:
    forecasts = Forecasts(levels=LEVELS, returns=np.array([row]), horizon=3)

    signals = read_signals(forecasts, RULES, FREE, candle_seconds=3600)

    assert signals.side.tolist() == [0]
    assert signals.fraction.tolist() == [0.0]


def test_the_settings_state_the_rules_in_basis_points() -> None:
    rules = build_rules(TradingSettings(edge_margin_bps=3))

    assert rules.edge_margin == pytest.approx(0.0003)
