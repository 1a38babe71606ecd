"""The services: everything a run works with, opened from the settings when it is first asked for.

Belongs here: putting the parts together. Not here: what is done with them. Dagster's resource and the command line both
open this; neither knows more than it offers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from coin_models.clock import Clock, SystemClock
from coin_models.db.engine import Database, open_database
from coin_models.market.source import CandleSource
from coin_models.market.sources.factory import build_source
from coin_models.market.store import CandleStore
from coin_models.market.timeframe import Timeframe, parse_timeframe
from coin_models.operations.attempts import AttemptLog
from coin_models.operations.leases import LeaseBook
from coin_models.operations.requests import RequestLog
from coin_models.operations.sessions import SessionLog
from coin_models.registry.registry import Registry
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store
from coin_models.storage.local import LocalStore
from coin_models.storage.object_store import ObjectStore
from coin_models.training.fit.tasks import Progress

# As in training/checkpoints/chain.py, which cannot be imported without torch:
LOCAL_CHECKPOINTS = "local_checkpoints"
HIGH_WATER_MARKS = ".odometers"

ProgressSink = Callable[[Progress], None]


def no_progress(_progress: Progress) -> None:
    """Shows nothing."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """The parts, each opened once."""

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
        return CandleStore(self.store, self.timeframe)

    @cached_property
    def registry(self) -> Registry:
        """The model versions."""
        return Registry(self.database, self.store, self.clock)

    @cached_property
    def attempts(self) -> AttemptLog:
        """Every try at a coin-day."""
        return AttemptLog(self.database, self.clock)

    @cached_property
    def requests(self) -> RequestLog:
        """What was asked for."""
        return RequestLog(self.database, self.clock)

    @cached_property
    def leases(self) -> LeaseBook:
        """Who may publish what."""
        return LeaseBook(self.database, self.clock, lease_seconds=self.settings.operations.lease_seconds)

    @cached_property
    def sessions(self) -> SessionLog:
        """The lives of training processes."""
        return SessionLog(self.database, self.clock)

    @cached_property
    def local_checkpoints(self) -> ObjectStore:
        """The folder of this machine where checkpoints are written first."""
        return LocalStore(self.settings.home / LOCAL_CHECKPOINTS)
