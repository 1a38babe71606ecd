"""The services: everything that a run uses, made from the settings on first use.

Dagster's resource and the command line both open them with `open_services`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Self, TypeVar

from coin_models.clock import Clock, SystemClock
from coin_models.db.database_clock import DatabaseClock, database_clock
from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.home.opening import READ_PATIENCE_SECONDS, Home, check_home, require_home
from coin_models.market.candle_index import CandleIndex
from coin_models.market.source import CandleSource
from coin_models.market.sources.factory import build_source
from coin_models.market.store import CandleStore, CoinDays
from coin_models.market.timeframe import Timeframe, parse_timeframe
from coin_models.market.trading_day import newest_trading_day
from coin_models.operations.attempts import AttemptLog
from coin_models.operations.leases import LeaseBook
from coin_models.operations.place_watch import PlaceWatch
from coin_models.operations.requests import RequestLog
from coin_models.operations.sessions import SessionLog
from coin_models.operations.workers import WorkerBook
from coin_models.registry.registry import Registry
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store
from coin_models.storage.local import LocalStore
from coin_models.storage.object_store import ObjectStore
from coin_models.trading.history.index import ForecastIndex
from coin_models.training.results import Progress

# As in training/checkpoints/chain.py, which cannot be imported without torch:
LOCAL_CHECKPOINTS = "local_checkpoints"
HIGH_WATER_MARKS = ".odometers"

ProgressSink = Callable[[Progress], None]


def no_progress(_progress: Progress) -> None:
    """Shows nothing."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """The parts, each opened once; as a context manager it closes at its end what was opened."""

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    progress: ProgressSink = no_progress

    @cached_property
    def timeframe(self) -> Timeframe:
        """Length of a candle."""
        return parse_timeframe(self.settings.timeframe)

    @cached_property
    def database(self) -> Database:
        """The project's own tables, at the newest schema."""
        return open_database(self.settings)

    @cached_property
    def database_clock(self) -> DatabaseClock:
        """By which leases, sessions and attempts are written."""
        return database_clock(self.database, self.clock)

    @cached_property
    def store(self) -> ObjectStore:
        """Where candles, weights, checkpoints and reports are kept."""
        return build_store(self.settings)

    @cached_property
    def source(self) -> CandleSource:
        """Where candles come from."""
        return build_source(self.settings, self.clock)

    @cached_property
    def candles(self) -> CandleStore:
        """The stored candles."""
        return self.candles_through(None)

    def candles_through(self, write: Callable[[CoinDays], object] | None) -> CandleStore:
        """The stored candles, written by what is given; None: by the store itself."""
        return CandleStore(self.store, self.database, self.timeframe, self.clock, write)

    def newest_trading_day(self) -> date:
        """The newest day that can be trained; see market/trading_day.py."""
        return newest_trading_day(self.settings, self.clock, self.candles.files)

    @property
    def candle_index(self) -> CandleIndex:
        """What is known of each stored day of candles."""
        return self.candles.index

    @cached_property
    def registry(self) -> Registry:
        """The model versions."""
        return Registry(self.database, self.store)

    @cached_property
    def forecasts(self) -> ForecastIndex:
        """The recorded forecasts of each day."""
        return ForecastIndex(self.database, self.store, self.clock)

    @cached_property
    def attempts(self) -> AttemptLog:
        """Every try at a coin-day."""
        return AttemptLog(self.database, self.database_clock)

    @cached_property
    def requests(self) -> RequestLog:
        """What was requested."""
        return RequestLog(self.database, self.clock)

    @cached_property
    def leases(self) -> LeaseBook:
        """Who may publish what."""
        return LeaseBook(self.database, self.database_clock, lease_seconds=self.settings.operations.lease_seconds)

    @cached_property
    def place_watch(self) -> PlaceWatch:
        """When places that coin-days wait for were last seen to answer."""
        operations = self.settings.operations
        return PlaceWatch(
            self.database,
            self.leases,
            first_seconds=operations.unavailable_seconds,
            most_seconds=operations.unavailable_max_seconds,
        )

    @cached_property
    def sessions(self) -> SessionLog:
        """The lives of training processes."""
        return SessionLog(self.database, self.database_clock)

    @cached_property
    def workers(self) -> WorkerBook:
        """The machines that take runs from the broker."""
        return WorkerBook(self.database, self.database_clock, lease_seconds=self.settings.operations.lease_seconds)

    @cached_property
    def local_checkpoints(self) -> ObjectStore:
        """The folder of this machine where checkpoints are written first."""
        return LocalStore(self.settings.home / LOCAL_CHECKPOINTS)

    def close(self) -> None:
        """Closes what was opened; what is requested afterwards is opened again. Closing twice does nothing."""
        opened = self.__dict__.get("database")
        for name in list(self.__dict__):
            if isinstance(getattr(type(self), name, None), cached_property):
                del self.__dict__[name]
        if opened is not None:
            opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


S = TypeVar("S", bound=Services)


def open_services(
    settings: Settings, *, create: bool, clock: Clock | None = None, progress: ProgressSink = no_progress
) -> Services:
    """The services of a home that holds the settings' market, its database and store belonging together.

    Args:
        settings: where it is.
        create: whether a home is made where there is none, and whether what it holds is written down where it was not.
            True for what works (retrain, ui, run workers, sensors); False for what only reads or decides.
        clock: default: the system's.
        progress: shown the fit's progress.

    Raises:
        NoHome: there is none, and `create` is false.
        OtherMarket: it holds another market than the settings name.
        NotTogether: database and store are not of one home.
    """
    return checked(Services(settings=settings, clock=clock or SystemClock(), progress=progress), create=create)


def checked(services: S, *, create: bool) -> S:
    """As `open_services`, of services that were put together elsewhere (the drill's instrumented ones)."""
    settings = services.settings
    if not create:
        require_home(settings)
    store = services.store if create else build_store(settings, patience_seconds=READ_PATIENCE_SECONDS)
    try:
        home = Home(settings=settings, database=services.database, store=store)
        check_home(home, may_write=create, source=lambda: services.source)
    except BaseException:
        services.close()
        raise
    return services
