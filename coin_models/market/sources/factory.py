"""Creates the candle source that the settings name.

Each source is imported only when it is chosen (ccxt takes a second).
"""

from coin_models.clock import Clock
from coin_models.errors import SettingsError
from coin_models.market.source import CandleSource
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.root import Settings


def build_source(settings: Settings, clock: Clock) -> CandleSource:
    """The source that `settings.source` names.

    Raises:
        SourceRefused: the folder cannot be listed, or ccxt has no such exchange.
    """
    timeframe = parse_timeframe(settings.timeframe)
    if settings.source == "demo":
        from coin_models.market.sources.demo import DemoSource

        return DemoSource(settings.market.demo_seed, timeframe, clock, settings.market.demo_coins)
    if settings.source == "exchange":
        return _build_exchanges(settings, clock)
    from coin_models.market.sources.files import FilesSource

    if settings.market.files_path is None:
        raise SettingsError("source 'files' needs market.files_path (COIN_MODELS_MARKET_FILES_PATH)")
    return FilesSource(settings.market.files_path, settings.quote, timeframe, clock)


def _build_exchanges(settings: Settings, clock: Clock) -> CandleSource:
    from coin_models.market.sources.exchange import ExchangeSource
    from coin_models.market.sources.exchange_list import ExchangeList

    market, timeframe = settings.market, parse_timeframe(settings.timeframe)
    sources = [
        ExchangeSource(market.of_exchange(place), settings.universe, settings.quote, timeframe, clock)
        for place in range(len(market.exchanges))
    ]
    return sources[0] if len(sources) == 1 else ExchangeList(sources, market.exchange_price_tolerance, clock)
