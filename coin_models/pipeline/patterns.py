"""Makes the pattern library of a day, from the recent candles of every coin that traded on it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from coin_models.errors import CoinModelsError, RegistryError
from coin_models.pipeline.candle_reads import read_ahead
from coin_models.pipeline.derived.digests import DerivedKind, provisional
from coin_models.pipeline.derived.facts import WHOLE_DAY, DerivedFacts, previous_of
from coin_models.pipeline.derived.gather import gather_facts
from coin_models.pipeline.derived.inputs import Inputs
from coin_models.pipeline.derived.repository import write_digest
from coin_models.pipeline.services import Services
from coin_models.trading.pattern_repository import PatternRepository
from coin_models.trading.patterns.library import Library
from coin_models.trading.patterns.update import update_library
from coin_models.trading.patterns.windows import CoinWindows, make_windows
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
    windows = _StoredWindows(services, facts.coins_of(day) or list(coins), day)
    patterns = PatternRepository(services.database, services.clock)
    library = update_library(
        patterns.newest(before=day),
        day,
        windows,
        services.settings.trading,
        length=windows.length,
        horizon=windows.horizon,
        trades=ShadowRepository(services.database, services.clock).pattern_trades(windows.first, day),
    )
    made_from = provisional(_digest(facts, day), windows.unreadable)

    def work(connection: Connection) -> None:
        write_digest(connection, DerivedKind.PATTERNS, day, WHOLE_DAY, made_from, services.clock.now())
        patterns.replace(connection, library)

    services.database.transact(work)
    return UpdatedPatterns(library=library, digest=made_from, unreadable=windows.unreadable)


def _digest(facts: DerivedFacts, day: date) -> str:
    previous = previous_of(facts.patterns, day)
    return facts.patterns_digest(day, previous[1] if previous else None, facts.traded_digests())


class _StoredWindows:
    """The windows of the coins' stored candles, read each time they are wanted: a few coins are in memory at a time."""

    def __init__(self, services: Services, coins: Sequence[str], day: date) -> None:
        trading, seconds = services.settings.trading, services.timeframe.seconds
        self.length: Final = trading.pattern_length_candles(seconds)
        self.horizon: Final = services.settings.training.horizon_candles(seconds)
        self.first: Final = day - timedelta(days=trading.pattern_window_days - 1)
        self.unreadable: Final[dict[str, str]] = {}
        self._store = services.candles
        self._coins = coins
        self._last = day

    def __len__(self) -> int:
        return len(self._coins)

    def __iter__(self) -> Iterator[CoinWindows]:
        spans = dict.fromkeys((coin for coin in self._coins if coin not in self.unreadable), (self.first, self._last))
        for coin, candles in read_ahead(self._store, spans):
            if isinstance(candles, CoinModelsError):
                self.unreadable[coin] = str(candles)
            else:
                yield make_windows(coin, candles, length=self.length, horizon=self.horizon)


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
