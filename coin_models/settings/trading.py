"""Settings of shadow trades, champions and patterns."""

from pydantic import Field, PositiveInt

from coin_models.settings.base import SettingsGroup


class TradingSettings(SettingsGroup):
    """`COIN_MODELS_TRADING_*`: the policy, the costs it pays, and what a version must show to become champion."""

    fee_bps: float = Field(default=5.0, ge=0)
    """Exchange fee per fill, basis points of the notional."""
    slippage_bps: float = Field(default=2.0, ge=0)
    """Slippage per fill, basis points of the price, always against the trade."""
    funding_bps_per_day: float = Field(default=0.0)
    """Cost of holding a long position for a day, basis points (a short earns it); 0 for spot."""
    edge_margin_bps: float = Field(default=2.0, ge=0)
    """Edge beyond round-trip fees and slippage that a forecast must show before a position is opened."""
    risk_fraction: float = Field(default=0.01, gt=0, le=1)
    """Equity that the forecast's 80 % interval may swing by: a wider interval, a smaller position."""
    max_position: float = Field(default=1.0, gt=0)
    """Largest position, as a fraction of the coin's equity."""
    stop_interval_multiple: float = Field(default=1.5, gt=0)
    """A position is stopped when the price has moved against it by this multiple of the interval's half width."""
    initial_equity_usd: float = Field(default=10_000.0, gt=0)
    """Shadow equity per coin at its first trade."""
    promotion_significance: float = Field(default=0.10, gt=0, lt=1)
    """Level of the paired test by which a challenger would count as worse than the champion."""
    rollback_coverage_tolerance: float = Field(default=0.15, gt=0, lt=1)
    """Distance of the 80 % interval's coverage from 80 % beyond which calibration counts as broken."""
    bootstrap_samples: PositiveInt = 1000
    """Block-bootstrap samples behind each confidence interval."""
    pattern_window_days: PositiveInt = 30
    """Recent days the pattern library looks at."""
    pattern_length_candles: PositiveInt = 48
    """Candles per pattern."""
