"""What the resume sensor requests, and its reasons for the rest."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from dagster import (
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    DagsterRunStatus,
    SensorResult,
    SkipReason,
    build_sensor_context,
    job,
    op,
)
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from sqlalchemy import insert

from coin_models.clock import FixedClock
from coin_models.db.schema import model_versions
from coin_models.defs.build import build_definitions
from coin_models.defs.instance.home import open_instance
from coin_models.defs.sensors.definitions import build_sensors
from coin_models.defs.sensors.resuming import Resumption, what_to_resume
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.services import Services
from coin_models.settings.costs import CostSettings
from coin_models.settings.root import Settings
from coin_models_tests.defs.dagster_tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)
from coin_models_tests.defs.fixtures import small_settings

COINS = ("BTC", "ETH", "SOL")
TODAY = date(2026, 3, 11)
D8, D9, D10 = (TODAY - timedelta(days=n) for n in (3, 2, 1))
FAILED = (Outcome.FAILED, AttemptAction.FAILED, "the loss is no longer finite")


@op
def nothing() -> None:
    """Stands in for a training step."""


@job
def some_job() -> None:
    nothing()


class Night:
    """What a tick finds: candles of every day, and whatever a test adds."""

    def __init__(self, services: Services, clock: FixedClock, instance: DagsterInstance) -> None:
        self.services, self.clock, self.instance = services, clock, instance
        self.session = services.sessions.open(CostSettings(), code_version="0" * 64).session_id

    def asked(self, first: date, last: date | None = None, coins: Sequence[str] | None = None, **who: str) -> None:
        self.services.requests.ask(first, last or first, coins, who.get("by", "a person"), who.get("run_id"))

    def every_night_from(self, first: date) -> None:
        self.services.requests.ask(first, None, None, "nightly")

    def fingerprint(self, coin: str, day: date) -> str:
        return plan_now(self.services, [day], [coin])[coin, day].fingerprint or ""

    def tried(self, day: date, outcome: tuple[Outcome, AttemptAction, str], coins: Sequence[str] = COINS) -> None:
        fingerprints = {coin: self.fingerprint(coin, day) for coin in coins}
        self.services.attempts.record(day, self.session, dict.fromkeys(coins, outcome), fingerprints=fingerprints)

    def published(self, day: date, coins: Sequence[str] = COINS, *, told: bool = True) -> None:
        texts = (
            "architecture_digest",
            "weights_key",
            "weights_sha256",
            "manifest_key",
            "manifest_sha256",
            "code_version",
        )
        rows = [
            {"id": f"{coin}-{day}", "coin": coin, "day": day, "fingerprint": self.fingerprint(coin, day),
             **dict.fromkeys(texts, "x"), "metrics": {}, "created_at": self.clock.now(), "resumed": False,
             "fit_seconds": 1.0, "num_steps": 1}
            for coin in coins
        ]  # fmt: skip
        with self.services.database.begin() as connection:
            connection.execute(insert(model_versions), rows)
        for coin in coins if told else ():
            event = AssetMaterialization(AssetKey(["model", coin]), partition=day.isoformat())
            self.instance.report_runless_asset_event(event)

    def run(self, day: date, status: DagsterRunStatus, **tags: str) -> str:
        return self._run(status, {PARTITION_NAME_TAG: day.isoformat(), **tags})

    def run_of_a_range(self, first: date, last: date, status: DagsterRunStatus) -> str:
        days = {ASSET_PARTITION_RANGE_START_TAG: first.isoformat(), ASSET_PARTITION_RANGE_END_TAG: last.isoformat()}
        return self._run(status, days)

    def _run(self, status: DagsterRunStatus, tags: dict[str, str]) -> str:
        origin = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("tests"), "tests").get_job_origin("some_job")
        run = self.instance.create_run_for_job(some_job, status=status, tags=tags, remote_job_origin=origin)
        return run.run_id

    def asks_for(self) -> Resumption:
        return what_to_resume(self.services, self.instance, COINS)


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the candles of every day that a test looks at."""
    home = tmp_path_factory.mktemp("candles") / "home"
    services = Services(settings=_settings(home), clock=FixedClock(datetime(2026, 3, 11, 12, tzinfo=UTC)))
    list(ensure_candles(services, date(2026, 3, 3), D10, COINS))
    services.close()
    return home


@pytest.fixture
def night(candles: Path, tmp_path: Path) -> Iterator[Night]:
    shutil.copytree(candles, tmp_path / "home")
    clock = FixedClock(datetime(2026, 3, 11, 12, tzinfo=UTC))
    services = Services(settings=_settings(tmp_path / "home"), clock=clock)
    with open_instance(services.settings) as instance:
        yield Night(services, clock, instance)
    services.close()


def _settings(home: Path) -> Settings:
    settings = small_settings(home)
    training = settings.training.model_copy(update={"full_retrain_every_days": 1})
    return settings.model_copy(update={"training": training})


def test_a_new_users_laptop_is_not_put_to_work(night: Night) -> None:
    found = night.asks_for()

    assert found.wanted == {}
    assert "no requests in the last 7 days" in str(found)


def test_what_was_asked_for_is_asked_for_again_oldest_first_and_no_day_waits_for_another(night: Night) -> None:
    night.asked(D9, D10)

    found = night.asks_for()

    assert list(found.wanted.items()) == [(D9, list(COINS)), (D10, list(COINS))]
    assert "wanted by a person" in str(found)


def test_two_coins_asked_for_are_two_coins_trained_and_no_later_day(night: Night) -> None:
    night.asked(D8, coins=["BTC", "ETH"])

    assert night.asks_for().wanted == {D8: ["BTC", "ETH"]}


def test_the_schedule_asks_for_every_night_from_its_first_on(night: Night) -> None:
    night.every_night_from(D9)

    assert list(night.asks_for().wanted) == [D9, D10]


def test_only_the_coins_that_are_missing_are_asked_for(night: Night) -> None:
    night.asked(D10)
    night.published(D10, ["BTC", "SOL"])

    assert night.asks_for().wanted == {D10: ["ETH"]}


def test_a_coin_that_is_published_but_unknown_to_dagster_is_asked_for(night: Night) -> None:
    night.asked(D10)
    night.published(D10, ["BTC", "SOL"])
    night.published(D10, ["ETH"], told=False)

    assert night.asks_for().wanted == {D10: ["ETH"]}


def test_a_wiped_model_is_asked_for(night: Night) -> None:
    night.asked(D10)
    night.published(D10)
    night.instance.wipe_assets([AssetKey(["model", "ETH"])])

    assert night.asks_for().wanted == {D10: ["ETH"]}


def test_a_day_with_every_model_and_without_its_trades_is_asked_for_whole_but_not_right_after_a_run(
    night: Night,
) -> None:
    night.asked(D10)
    night.published(D10)
    first = night.asks_for()
    ended = night.run(D10, DagsterRunStatus.STARTED)
    night.instance.report_run_failed(night.instance.get_run_by_id(ended))

    assert first.wanted == {D10: list(COINS)}
    assert D10 not in night.asks_for().wanted


def test_a_coin_out_of_attempts_and_one_in_its_backoff_are_not_asked_for(night: Night) -> None:
    night.asked(D10)
    for _ in range(3):
        night.tried(D10, FAILED, ["BTC"])
    night.tried(D10, FAILED, ["ETH"])

    found = night.asks_for()

    assert found.wanted == {D10: ["SOL"]}
    assert found.said == "1 train, 1 waiting, 1 quarantined"


def test_a_request_for_days_before_the_window_invites_nothing(night: Night) -> None:
    night.asked(date(2026, 3, 3))

    assert night.asks_for().wanted == {}


def test_the_window_is_as_long_as_the_settings_say(night: Night) -> None:
    night.asked(date(2026, 3, 3), D10)

    looked_at = list(night.asks_for().wanted)

    assert (looked_at[0], looked_at[-1], len(looked_at)) == (date(2026, 3, 4), D10, 7)


def test_until_the_schedule_is_overdue_the_newest_night_is_the_schedules(night: Night) -> None:
    night.every_night_from(D9)
    night.clock.advance(timedelta(hours=-10))  # 02:00

    assert list(night.asks_for().wanted) == [D9]


def test_what_a_person_asked_of_the_newest_night_is_taken_up_at_once(night: Night) -> None:
    night.asked(D10, coins=["ETH"])
    night.every_night_from(D9)
    night.clock.advance(timedelta(hours=-11))  # 01:00

    assert night.asks_for().wanted[D10] == ["ETH"]


@pytest.mark.parametrize(
    ("status", "reason"), [(DagsterRunStatus.QUEUED, "is queued"), (DagsterRunStatus.STARTED, "is started")]
)
def test_a_day_with_a_run_is_left_alone_and_holds_up_no_other(
    status: DagsterRunStatus, reason: str, night: Night
) -> None:
    night.asked(D9, D10)
    night.run(D9, status)

    found = night.asks_for()

    assert list(found.wanted) == [D10]
    assert reason in found.held[D9]


def test_days_of_a_range_with_a_run_are_left_alone(night: Night) -> None:
    night.asked(D8, D10)
    night.run_of_a_range(date(2026, 2, 9), D9, DagsterRunStatus.STARTED)  # 29 days, of which the window holds the last

    found = night.asks_for()

    assert list(found.wanted) == [D10]
    assert "is started" in found.held[D8]


def test_what_a_person_cancelled_is_asked_for_no_more(night: Night) -> None:
    run_id = night.run(D9, DagsterRunStatus.CANCELED)
    night.asked(D9, run_id=run_id)
    first = night.asks_for()

    assert "was cancelled" in first.held[D9]
    assert night.services.requests.within(D9, D9) == []


def test_a_run_that_failed_is_taken_over(night: Night) -> None:
    night.asked(D10)
    night.run(D10, DagsterRunStatus.FAILURE)

    assert list(night.asks_for().wanted) == [D10]


def test_the_sensor_requests_a_run_per_day_with_the_assets_of_these_coins(night: Night) -> None:
    night.asked(D10)
    night.published(D10, ["BTC", "SOL"])

    result = tick(night, "resume")

    assert isinstance(result, SensorResult)
    (request,) = result.run_requests or []
    paths = {tuple(key.path) for key in request.asset_selection or []}
    assert request.partition_key == "2026-03-10"
    assert paths == {("candles", "ETH"), ("model", "ETH"), ("shadow_trades", "ETH")}


@pytest.mark.parametrize(
    ("name", "words"),
    [("resume", "no requests in the last 7 days"), ("reaper", "0 run(s) alive")],
)
def test_a_tick_that_does_nothing_says_why(name: str, words: str, night: Night) -> None:
    result = tick(night, name)

    assert isinstance(result, SkipReason)
    assert words in (result.skip_message or "")


def tick(night: Night, name: str) -> object:
    settings = night.services.settings
    definitions = build_definitions(settings)
    sensors = {sensor.name: sensor for sensor in build_sensors(settings, COINS, night.services)}
    context = build_sensor_context(instance=night.instance, repository_def=definitions.get_repository_def())
    return sensors[name](context)
