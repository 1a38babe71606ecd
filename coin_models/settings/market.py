"""Settings of candle sources, and of the candles that are good enough."""

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt, field_validator

from coin_models.settings.base import SettingsGroup
from coin_models.settings.places import expanded

SourceName = Literal["demo", "files", "exchange"]


class MarketSettings(SettingsGroup):
    """`COIN_MODELS_MARKET_*`: the candle source, and the rules that say which coins and days are trained."""

    exchange: str = "binance"
    """ccxt's id of the exchange (source `exchange`)."""
    exchange_base_url: str | None = None
    """Base URL that replaces the exchange's own (a proxy or mirror; the tests' loopback server)."""
    exchange_timeout_seconds: float = Field(default=20.0, gt=0)
    """Seconds before one request counts as failed."""
    exchange_attempts: PositiveInt = 6
    """Tries per request, with exponential backoff, while the failure is transient."""
    files_path: Path | None = None
    """Folder of candle files (source `files`): `BTC_USDT.parquet`, freqtrade's, Binance's dumps; docs/candle-files.md."""
    demo_seed: int = 7
    """Seed of the demo market (source `demo`): another seed gives another history."""
    min_day_coverage: float = Field(default=0.95, gt=0, le=1)
    """Share of a day's candles that is needed to train that day's model."""
    min_history_days: PositiveInt = 30
    """Days with enough candles a coin needs before it is trained for the first time."""
    max_fill_minutes: int = Field(default=30, ge=0)
    """Gaps up to this long are carried forward and flagged to the features; longer ones leave windows out."""
    max_zero_volume_share: float = Field(default=0.20, ge=0, le=1)
    """A coin whose candles have no volume more often than this, over the lookback, is illiquid and not trained."""
    min_daily_turnover: float = Field(default=2_000_000.0, ge=0)
    """A coin whose median day turns over less than this, in the quote asset, is illiquid and not trained."""
    min_daily_volatility: float = Field(default=0.006, ge=0)
    """A coin whose median day's return volatility (a fraction) is below this counts as a stablecoin and is not trained."""
    fetch_concurrency: PositiveInt = 4
    """Coins fetched at the same time."""

    @field_validator("files_path")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else expanded(value)

    def max_fill_candles(self, candle_seconds: int) -> int:
        """Candles of this length up to which a gap is carried forward."""
        return self.max_fill_minutes * 60 // candle_seconds
