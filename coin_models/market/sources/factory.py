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

        return DemoSource(settings.market.demo_seed, timeframe, clock)
    if settings.source == "exchange":
        from coin_models.market.sources.exchange import ExchangeSource

        return ExchangeSource(settings.market, settings.universe, settings.quote, timeframe, clock)
    from coin_models.market.sources.files import FilesSource

    if settings.market.files_path is None:
        raise SettingsError("source 'files' needs market.files_path (COIN_MODELS_MARKET_FILES_PATH)")
    return FilesSource(settings.market.files_path, settings.quote, timeframe, clock)
