"""Settings of candle sources, and of the candles that are good enough."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, PositiveInt, field_validator

from coin_models.settings.base import Rule, SettingsGroup
from coin_models.settings.places import expanded
from coin_models.settings.successors import Successor, successors_of
from coin_models.settings.urls import MaskedUrl

SourceName = Literal["demo", "files", "exchange"]


def _exchange_problems(market: "MarketSettings") -> Iterator[str]:
    names, urls = market.exchanges, market.base_urls
    if not names or len(set(names)) < len(names):
        yield f"exchange: {market.exchange!r} must name one exchange or several different ones, such as binance,kraken"
    if len(urls) not in (1, len(names)):
        yield f"exchange_base_url: {len(urls)} URLs for {len(names)} exchanges; give one for all, or one for each"


class MarketSettings(SettingsGroup):
    """`COIN_MODELS_MARKET_*`: the candle source, and the rules that say which coins and days are trained."""

    exchange: str = "binance"
    """ccxt's id of the exchange (source `exchange`). Several, comma-separated: the first is the market, the next one serves
    while it is unavailable, once their prices agree."""
    exchange_base_url: MaskedUrl | None = None
    """Base URL that replaces the exchange's own (a proxy or mirror; the tests' loopback server); of several exchanges one for
    all, or one for each, comma-separated. User and password in it are sent as a header, and shown nowhere."""
    exchange_price_tolerance: float = Field(default=0.005, gt=0, lt=1)
    """Median relative distance of closing prices up to which a second exchange may serve while the first is unavailable."""
    exchange_timeout_seconds: float = Field(default=20.0, gt=0)
    """Seconds before one request counts as failed."""
    exchange_attempts: PositiveInt = 6
    """Tries per request, with exponential backoff, while the failure is transient."""
    files_path: Path | None = None
    """Folder of candle files (source `files`): `BTC_USDT.parquet`, freqtrade's, Binance's dumps; docs/candle-files.md."""
    demo_seed: int = 7
    """Seed of the demo market (source `demo`): another seed gives another history."""
    demo_coins: int = Field(default=20, ge=1, le=10_000)
    """Number of coins of the demo market; those beyond twenty are DEMO21, DEMO22, ..."""
    min_day_coverage: float = Field(default=0.95, gt=0, le=1)
    """Share of a day's candles that is needed to train that day's model."""
    min_history_days: PositiveInt = 30
    """Days with enough candles a coin needs before it is trained for the first time."""
    max_fill_minutes: int = Field(default=30, ge=0)
    """Gaps up to this long are carried forward and flagged to the features; longer ones leave windows out."""
    max_zero_volume_share: float = Field(default=0.20, ge=0, le=1)
    """A coin whose candles have no volume more often than this, over the lookback, is illiquid and not trained."""
    min_daily_turnover: float = Field(default=2_000_000.0, ge=0)
    """A coin whose median day turns over less than this, in US dollars, is illiquid and not trained."""
    quote_usd: float | None = Field(default=None, gt=0)
    """US dollars that one unit of the quote asset is worth, for min_daily_turnover; unset: a built-in value by the quote."""
    min_daily_volatility: float = Field(default=0.006, ge=0)
    """A coin whose median day's return volatility (a fraction) is below this counts as a stablecoin and is not trained."""
    fetch_concurrency: PositiveInt = 4
    """Coins fetched at the same time."""
    successors: tuple[str, ...] = ()
    """Renamed coins, OLD:NEW:YYYY-MM-DD or with :RATIO, comma-separated, added to the built-in ones (MATIC to POL, FTM to S,
    ...); OLD:- drops one. The new coin's history begins with the old one's."""
    rules: ClassVar[tuple[Rule, ...]] = (_exchange_problems,)

    @field_validator("files_path")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else expanded(value)

    def max_fill_candles(self, candle_seconds: int) -> int:
        """Candles of this length up to which a gap is carried forward."""
        return self.max_fill_minutes * 60 // candle_seconds

    @field_validator("exchange", mode="before")
    @classmethod
    def _plain_list(cls, value: Any) -> Any:
        parts = value if isinstance(value, list | tuple) else value.split(",") if isinstance(value, str) else None
        return (
            value if parts is None else ",".join(part for part in (str(each).strip().lower() for each in parts) if part)
        )

    @field_validator("successors")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        successors_of(value)
        return value

    @property
    def exchanges(self) -> tuple[str, ...]:
        """ccxt's ids in order; the first one is the market."""
        return tuple(part for part in self.exchange.split(",") if part)

    @property
    def base_urls(self) -> tuple[str | None, ...]:
        """One base URL for all exchanges, or one for each, with credentials; None where the exchange's own counts."""
        if self.exchange_base_url is None:
            return (None,)
        return tuple(part.strip() or None for part in self.exchange_base_url.get_secret_value().split(","))

    def of_exchange(self, place: int) -> "MarketSettings":
        """The same settings, for the exchange at that place of the list alone."""
        urls = self.base_urls
        url = urls[place] if len(urls) > 1 else urls[0]
        base_url = None if url is None else MaskedUrl(url)
        return self.model_copy(update={"exchange": self.exchanges[place], "exchange_base_url": base_url})

    @property
    def min_turnover_in_quote(self) -> float:
        """`min_daily_turnover` in the quote asset."""
        return self.min_daily_turnover / (self.quote_usd or 1.0)

    @property
    def successor_table(self) -> Mapping[str, Successor]:
        """Renamed coins by their old name."""
        return successors_of(self.successors)
