"""The identity of a market: the kind of source, the exchange, the quote asset and the timeframe.

A folder's path does not identify a market, as folders move. An exchange's base URL does: a test network has other
prices. Of a list of exchanges the first one is the market: the others stand in for it where their prices agree, so a home
of `binance` continues with `binance,kraken`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings

_DEFAULT_SEED = MarketSettings().demo_seed


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketIdentity:
    """A market, as a home remembers it."""

    source: str  # demo, files, exchange
    quote: str
    timeframe: str
    exchange: str | None = None  # ccxt's id, of the source `exchange`
    base_url: str | None = None  # without credentials; None: the exchange's own
    seed: int | None = None  # of the demo market

    @property
    def name(self) -> str:
        """For people, such as `binance spot, USDT, 5m`."""
        return self._named("files")

    def name_in(self, settings: Settings) -> str:
        """As `name`, with the folder that the files are in now."""
        others = " and ".join(settings.market.exchanges[1:])
        stand_in = f" ({others} while it is unavailable)" if self.source == "exchange" and others else ""
        return self._named(f"files in {settings.market.files_path}", stand_in)

    def _named(self, files: str, stand_in: str = "") -> str:
        seed = "" if self.seed in (None, _DEFAULT_SEED) else f", seed {self.seed}"
        where = f" at {self.base_url}" if self.base_url else ""
        names = {"demo": f"demo (made up{seed})", "files": files, "exchange": f"{self.exchange} spot{where}{stand_in}"}
        return f"{names.get(self.source, self.source)}, {self.quote}, {self.timeframe}"

    def to_json(self) -> dict[str, Any]:
        """What is written down: the fields that say something."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "MarketIdentity":
        """What was written down; what a later version added is left out."""
        values: dict[str, Any] = {field.name: content.get(field.name) for field in fields(cls)}
        return cls(**values)


def market_of(settings: Settings) -> MarketIdentity:
    """The market that the settings name."""
    is_exchange, market = settings.source == "exchange", settings.market
    return MarketIdentity(
        source=settings.source,
        quote=settings.quote,
        timeframe=settings.timeframe,
        exchange=market.exchanges[0] if is_exchange else None,
        base_url=_without_credentials(market.base_urls[0]) if is_exchange and market.base_urls[0] else None,
        seed=market.demo_seed if settings.source == "demo" else None,
    )


def market_line(settings: Settings) -> str:
    """The line that says which market and home a command works on."""
    parts = [f"market: {market_of(settings).name_in(settings)}", f"home: {settings.home}"]
    if settings.database_url is not None:
        parts.append("database: PostgreSQL")
    if settings.store_url is not None:
        parts.append(f"store: {settings.store_url}")
    return "; ".join(parts)


def _without_credentials(url: str) -> str:
    parts = urlsplit(url if "://" in url else f"//{url}")
    return f"{parts.scheme or 'https'}://{parts.netloc.rpartition('@')[2].lower()}{parts.path.rstrip('/')}"
