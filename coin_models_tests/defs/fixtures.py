"""A day small enough to be trained in a second, and a market in which one coin is broken."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    job,
    op,
)
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, ScheduleInstigatorData

from coin_models.defs.runs import NIGHTLY
from coin_models.errors import SourceUnavailable
from coin_models.market.candles import Candles
from coin_models.market.source import CandleSource
from coin_models.pipeline.services import Services
from coin_models.pipeline.worker import Worker, open_worker
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.training.interruption.providers import build_preemption_monitor

DAY = date(2026, 3, 10)


def small_settings(home: Path, *, coins: tuple[str, ...] = ("BTC", "ETH", "SOL")) -> Settings:
    """Three coins, a month of candles, a narrow network, two epochs."""
    training = TrainingSettings(
        lookback_days=32,
        validation_days=3,
        width=8,
        epochs=2,
        incremental_epochs=1,
        num_threads=1,
        full_retrain_every_days=30,
    )
    return Settings(home=home, universe=coins, training=training)


class BrokenFor:
    """A source that has nothing to say about some coins."""

    name = "broken"

    def __init__(self, source: CandleSource, *coins: str) -> None:
        self._source, self._broken = source, coins

    def coins(self) -> tuple[str, ...]:
        return self._source.coins()

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        if coin in self._broken:
            raise SourceUnavailable(f"{coin}: the exchange is under maintenance")
        return self._source.fetch(coin, first, last)


class ServicesWithout(Services):
    """A services whose source does not deliver ETH."""

    @cached_property
    def source(self) -> CandleSource:
        return BrokenFor(Services(settings=self.settings).source, "ETH")


@contextmanager
def worker_of_services(services: Services) -> Iterator[Worker]:
    """Another session that works in it."""
    with open_worker(services, build_preemption_monitor(services.settings.interruption)) as worker:
        yield worker
    services.database.close()


def register_schedule(instance: DagsterInstance, status: InstigatorStatus) -> None:
    """As a daemon, or a person in the UI, writes down whether the schedule is on."""
    origin = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("coin_models.definitions"), "__repository__")
    instance.add_instigator_state(
        InstigatorState(
            RemoteInstigatorOrigin(origin, NIGHTLY),
            InstigatorType.SCHEDULE,
            status,
            ScheduleInstigatorData("0 2 * * *", start_timestamp=0.0),
        )
    )


@op
def nothing() -> None:
    """Stands in for a training step."""


@job
def some_job() -> None:
    nothing()


def create_run(instance: DagsterInstance, status: DagsterRunStatus, tags: Mapping[str, str] | None = None) -> str:
    """A run of it with this status, also one that waits in the queue; returns its id."""
    origin = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("tests"), "tests").get_job_origin("some_job")
    run = instance.create_run_for_job(some_job, status=status, tags=dict(tags or {}), remote_job_origin=origin)
    return run.run_id
