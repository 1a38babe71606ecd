"""Settings of shadow trades, champions and patterns."""

from pydantic import Field, PositiveInt

from coin_models.settings.base import SettingsGroup

_MIN_PATTERN_CANDLES = 24


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
    """Equity that the interval between the outermost quantiles may swing by: a wider interval, a smaller position."""
    max_position: float = Field(default=1.0, gt=0)
    """Largest position of either shadow book, as a fraction of the coin's equity."""
    daily_risk: float = Field(default=0.01, gt=0, le=1)
    """Daily risk that the volatility book aims at: standard deviation of a day's return, as a fraction of equity."""
    rebalance_band: float = Field(default=0.2, ge=0, lt=1)
    """Relative change of exposure below which the volatility book does not trade, except at midnight."""
    stop_interval_multiple: float = Field(default=1.5, gt=0)
    """A position is stopped when the price has moved against it by this multiple of the interval's half width."""
    initial_equity_usd: float = Field(default=10_000.0, gt=0)
    """Shadow equity per coin and role, on which every day's positions are sized: nothing is compounded."""
    promotion_trial_days: PositiveInt = 3
    """Out-of-sample days of evidence below which no version is promoted, however large its e-value."""
    promotion_significance: float = Field(default=0.0025, gt=0, lt=1)
    """Probability that a coin whose versions are never better than the reference ever gets a champion; likewise for a challenger
    and the champion. At 0.0025 the chance that any of 20 such coins does is at most 5 %."""
    rollback_window_days: PositiveInt = 14
    """Newest out-of-sample days of the champion that the rollback rules use."""
    rollback_min_days: PositiveInt = 3
    """Out-of-sample days before a champion's skill or losses can roll it back; its weights can at once."""
    rollback_coverage_tolerance: float = Field(default=0.15, gt=0, lt=1)
    """Distance of an interval's coverage from its nominal one, on the validation days, beyond which a version is unsound."""
    rollback_significance: float = Field(default=0.01, gt=0, lt=1)
    """Level of the tests that end a champion: worse than unconditional quantiles or than the reference, a tail not calibrated."""
    rollback_loss_fraction: float = Field(default=0.10, gt=0, le=1)
    """Shadow loss over the rollback window, a fraction of equity, beyond which a champion's trading is broken."""
    max_parent_drift: float = Field(default=0.5, gt=0)
    """Distance of the weights from the parent's, |w - p| / |p|, beyond which an incremental version is unsound."""
    bootstrap_samples: PositiveInt = 1000
    """Block-bootstrap samples behind each confidence interval."""
    pattern_window_days: PositiveInt = 30
    """Recent days that the pattern library uses."""
    pattern_length_minutes: PositiveInt = 240
    """Minutes per pattern, at least 24 candles."""
    pattern_min_correlation: float = Field(default=0.93, gt=0, lt=1)
    """Correlation of two z-normalised windows from which on they count as the same shape."""
    pattern_min_matches: int = Field(default=8, ge=3)
    """Occurrences below which a shape's outcomes are not tested."""
    pattern_motifs_per_coin: PositiveInt = 3
    """New shapes that one day may add to the library per coin."""
    pattern_limit: PositiveInt = 60
    """Shapes in the library; beyond it those not seen for the longest time are removed first."""
    pattern_expiry_days: PositiveInt = 14
    """Days after its last occurrence at which a shape is removed from the library."""
    pattern_false_discovery_rate: float = Field(default=0.10, gt=0, lt=1)
    """Share of false alarms accepted among the shapes called significant (Benjamini-Hochberg)."""

    def pattern_length_candles(self, candle_seconds: int) -> int:
        """Candles per pattern: four candles of an hour would be a shape that is found everywhere."""
        return max(_MIN_PATTERN_CANDLES, self.pattern_length_minutes * 60 // candle_seconds)
