"""Makes the pattern library of a day, from the recent candles of every coin that traded on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Connection

from coin_models.errors import CoinModelsError, RegistryError
from coin_models.market.candles import Candles
from coin_models.pipeline.candle_reads import read_ahead
from coin_models.pipeline.derived.digests import DerivedKind, provisional
from coin_models.pipeline.derived.facts import WHOLE_DAY, DerivedFacts, previous_of
from coin_models.pipeline.derived.gather import gather_facts
from coin_models.pipeline.derived.inputs import Inputs
from coin_models.pipeline.derived.repository import write_digest
from coin_models.pipeline.services import Services
from coin_models.trading.pattern_repository import PatternRepository
from coin_models.trading.patterns.library import Library, update_library
from coin_models.trading.patterns.windows import make_windows
from coin_models.trading.repository import ShadowRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatedPatterns:
    """A day's library, and the coins whose candles could not be read for it."""

    library: Library
    digest: str  # of what it was made from
    unreadable: Mapping[str, str] = field(default_factory=dict)  # with the reason


def update_patterns(
    services: Services, day: date, coins: Sequence[str], *, inputs: Inputs | None = None
) -> UpdatedPatterns:
    """Continues the newest earlier library to the end of `day` and stores it instead of what the day had.

    Args:
        services: where everything is.
        day: the trading day.
        coins: looked at where no coin has a trading step on the day; else those that have one are.
        inputs: digests of candles; None: as they are now.
    """
    facts = gather_facts(services, coins, day, day, inputs)
    candles, unreadable = _read(services, day, facts.coins_of(day) or list(coins))
    patterns = PatternRepository(services.database, services.clock)
    library = _continued(services, patterns.newest(before=day), day, candles)
    made_from = provisional(_digest(facts, day), unreadable)

    def work(connection: Connection) -> None:
        write_digest(connection, DerivedKind.PATTERNS, day, WHOLE_DAY, made_from, services.clock.now())
        patterns.replace(connection, library)

    services.database.transact(work)
    return UpdatedPatterns(library=library, digest=made_from, unreadable=unreadable)


def _digest(facts: DerivedFacts, day: date) -> str:
    previous = previous_of(facts.patterns, day)
    return facts.patterns_digest(day, previous[1] if previous else None, facts.traded_digests())


def _read(services: Services, day: date, coins: Sequence[str]) -> tuple[dict[str, Candles], dict[str, str]]:
    first = day - timedelta(days=services.settings.trading.pattern_window_days - 1)
    readable: dict[str, Candles] = {}
    unreadable: dict[str, str] = {}
    for coin, candles in read_ahead(services.candles, dict.fromkeys(coins, (first, day))):
        if isinstance(candles, CoinModelsError):
            unreadable[coin] = str(candles)
        else:
            readable[coin] = candles
    return readable, unreadable


def _continued(services: Services, previous: Library | None, day: date, candles: Mapping[str, Candles]) -> Library:
    trading, seconds = services.settings.trading, services.timeframe.seconds
    horizon, length = services.settings.training.horizon_candles(seconds), trading.pattern_length_candles(seconds)
    first = day - timedelta(days=trading.pattern_window_days - 1)
    return update_library(
        previous,
        day,
        [make_windows(coin, coin_candles, length=length, horizon=horizon) for coin, coin_candles in candles.items()],
        trading,
        horizon=horizon,
        trades=ShadowRepository(services.database, services.clock).pattern_trades(first, day),
    )


def read_patterns(services: Services, day: date | None = None) -> Library:
    """The stored library of a day, or the newest there is.

    Raises:
        RegistryError: there is none, or it is empty.
    """
    patterns = PatternRepository(services.database, services.clock)
    newest = patterns.newest()
    library = newest if day is None else patterns.load(day)
    if library is None or newest is None:
        raise RegistryError("no pattern library yet; `coin-models retrain` writes one for every day it retrains")
    if not library.patterns:
        raise RegistryError(f"no pattern library of {day}; the newest one is of {newest.day}")
    return library
