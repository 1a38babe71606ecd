"""What the resume sensor asks for, and the words in which it says why it does not."""

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
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
    RUN_FAILURE_REASON_TAG,
)
from sqlalchemy import insert

from coin_models.clock import FixedClock
from coin_models.db.schema import model_versions
from coin_models.defs.build import build_definitions
from coin_models.defs.home import open_instance
from coin_models.defs.resuming import Resumption, what_to_resume
from coin_models.defs.sensors import build_sensors
from coin_models.operations.attempts import Action, Outcome
from coin_models.pipeline.services import Services
from coin_models.settings.costs import CostSettings
from coin_models_tests.defs.fixtures import small_settings

COINS = ("BTC", "ETH", "SOL")
TODAY = date(2026, 3, 11)
D8, D9, D10 = (TODAY - timedelta(days=n) for n in (3, 2, 1))
INTERRUPTED = (Outcome.INTERRUPTED, Action.TRAINED, "SIGTERM")
FAILED = (Outcome.FAILED, Action.FAILED, "the loss is no longer finite")


@op
def nothing() -> None:
    """Stands in for a training step."""


@job
def some_job() -> None:
    nothing()


class Night:
    """What a tick finds."""

    def __init__(self, services: Services, clock: FixedClock, instance: DagsterInstance) -> None:
        self.services, self.clock, self.instance = services, clock, instance
        self.session = services.sessions.open(CostSettings(), code_version="0" * 64).session_id

    def tried(self, day: date, outcome: tuple[Outcome, Action, str], coins: Sequence[str] = COINS) -> None:
        self.services.attempts.record(day, self.session, dict.fromkeys(coins, outcome))

    def published(self, day: date, coins: Sequence[str] = COINS, *, told: bool = True) -> None:
        texts = ("fingerprint", "architecture_digest", "weights_key", "weights_sha256", "manifest_key",
                 "manifest_sha256", "code_version")  # fmt: skip
        rows = [
            {"id": f"{coin}-{day}", "coin": coin, "day": day, **dict.fromkeys(texts, "x"), "metrics": {},
             "created_at": self.clock.now(), "resumed": False, "fit_seconds": 1.0, "num_steps": 1}
            for coin in coins
        ]  # fmt: skip
        with self.services.database.begin() as connection:
            connection.execute(insert(model_versions), rows)
        for coin in coins if told else ():
            event = AssetMaterialization(AssetKey(["model", coin]), partition=day.isoformat())
            self.instance.report_runless_asset_event(event)

    def run(self, day: date, status: DagsterRunStatus, **tags: str) -> None:
        self._run(status, {PARTITION_NAME_TAG: day.isoformat(), **tags})

    def run_of_a_range(self, first: date, last: date, status: DagsterRunStatus, **tags: str) -> None:
        days = {ASSET_PARTITION_RANGE_START_TAG: first.isoformat(), ASSET_PARTITION_RANGE_END_TAG: last.isoformat()}
        self._run(status, {**days, **tags})

    def _run(self, status: DagsterRunStatus, tags: dict[str, str]) -> None:
        origin = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("tests"), "tests").get_job_origin("some_job")
        self.instance.create_run_for_job(some_job, status=status, tags=tags, remote_job_origin=origin)

    def reported(self, day: date) -> None:
        event = AssetMaterialization(AssetKey(["daily_report"]), partition=day.isoformat())
        self.instance.report_runless_asset_event(event)

    def asks_for(self) -> Resumption:
        return what_to_resume(self.services, self.instance, COINS)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    clock = FixedClock(datetime(2026, 3, 11, 12, tzinfo=UTC))
    services = Services(settings=small_settings(tmp_path / "home"), clock=clock)
    with open_instance(services.settings) as instance:
        yield Night(services, clock, instance)
    services.database.close()


def test_a_new_users_laptop_is_not_put_to_work(night: Night) -> None:
    found = night.asks_for()

    assert found.wanted == {}
    assert "nobody has tried any of the last 7 days" in str(found)


def test_days_are_asked_for_from_the_first_that_anybody_tried_oldest_first(night: Night) -> None:
    night.tried(D9, INTERRUPTED)

    first = night.asks_for()
    night.published(D9)
    second = night.asks_for()

    assert (first.wanted, first.held) == ({D9: list(COINS)}, {D10: "the day before it comes first"})
    assert second.wanted == {D10: list(COINS)}


def test_a_later_day_is_asked_for_the_coins_that_have_their_earlier_days(night: Night) -> None:
    night.tried(D9, INTERRUPTED)
    night.published(D9, ["BTC", "SOL"])

    assert night.asks_for().wanted == {D9: ["ETH"], D10: ["BTC", "SOL"]}


def test_a_day_that_starts_a_new_chain_waits_for_no_earlier_one(night: Night) -> None:
    night.tried(D9, INTERRUPTED)
    training = night.services.settings.training.model_copy(update={"full_retrain_every_days": 1})
    settings = night.services.settings.model_copy(update={"training": training})
    weekly = Services(settings=settings, clock=night.clock)

    wanted = what_to_resume(weekly, night.instance, COINS).wanted
    weekly.database.close()

    assert wanted == {D9: list(COINS), D10: list(COINS)}


def test_only_the_coins_that_are_missing_are_asked_for(night: Night) -> None:
    night.tried(D10, INTERRUPTED)
    night.published(D10, ["BTC", "SOL"])

    assert night.asks_for().wanted == {D10: ["ETH"]}


def test_a_coin_that_is_published_but_unknown_to_dagster_is_missing(night: Night) -> None:
    night.tried(D10, INTERRUPTED)
    night.published(D10, ["BTC", "SOL"])
    night.published(D10, ["ETH"], told=False)

    assert night.asks_for().wanted == {D10: ["ETH"]}


def test_a_wiped_model_is_missing(night: Night) -> None:
    night.tried(D10, INTERRUPTED)
    night.published(D10)
    before = night.asks_for()
    night.instance.wipe_assets([AssetKey(["model", "ETH"])])

    assert str(before) == "nothing is missing in 2026-03-10"
    assert night.asks_for().wanted == {D10: ["ETH"]}


def test_a_coin_out_of_budget_and_one_in_its_backoff_are_not_asked_for(night: Night) -> None:
    for _ in range(3):
        night.tried(D10, FAILED, ["BTC"])
    night.tried(D10, FAILED, ["ETH"])

    found = night.asks_for()

    assert found.wanted == {D10: ["SOL"]}
    assert found.said == "1 waiting, 1 quarantined, 1 missing"


def test_a_day_tried_before_the_window_invites_nothing(night: Night) -> None:
    night.tried(date(2026, 3, 3), INTERRUPTED)

    found = night.asks_for()

    assert found.wanted == {}
    assert "nobody has tried any of the last 7 days" in str(found)


def test_the_window_is_as_long_as_the_settings_say(night: Night) -> None:
    night.tried(date(2026, 3, 3), INTERRUPTED)
    night.tried(date(2026, 3, 4), INTERRUPTED)

    found = night.asks_for()
    looked_at = [*found.wanted, *found.held]

    assert (looked_at[0], looked_at[-1], len(looked_at)) == (date(2026, 3, 4), D10, 7)


def test_until_the_schedule_is_overdue_the_newest_day_is_the_schedules(night: Night) -> None:
    night.tried(D9, INTERRUPTED)
    night.clock.advance(timedelta(hours=-10))  # 02:00

    assert list(night.asks_for().wanted) == [D9]


def test_a_newest_day_that_was_begun_early_is_taken_up_again_early(night: Night) -> None:
    night.tried(D10, INTERRUPTED)
    night.clock.advance(timedelta(hours=-11))  # 01:00

    assert list(night.asks_for().wanted) == [D10]


@pytest.mark.parametrize(
    ("status", "reason", "wanted"),
    [
        (DagsterRunStatus.QUEUED, "is queued", []),
        (DagsterRunStatus.STARTED, "is started", []),
        (DagsterRunStatus.CANCELED, "was cancelled; start it again by hand", [D10]),
    ],
)
def test_a_day_with_a_run_is_left_alone_with_those_after_it_and_a_cancelled_one_holds_up_nobody(
    status: DagsterRunStatus, reason: str, wanted: list[date], night: Night
) -> None:
    night.tried(D9, INTERRUPTED)
    night.run(D9, status)

    found = night.asks_for()

    assert list(found.wanted) == wanted
    assert reason in found.held[D9]


@pytest.mark.parametrize(("reason", "wanted"), [("UNEXPECTED_TERMINATION", {D10: list(COINS)}), ("STEP_FAILURE", {})])
def test_a_day_killed_after_its_last_model_is_asked_for_and_one_whose_report_failed_is_not(
    reason: str, wanted: dict[date, Sequence[str]], night: Night
) -> None:
    night.tried(D10, INTERRUPTED)
    night.published(D10)
    night.run(D10, DagsterRunStatus.FAILURE, **{RUN_FAILURE_REASON_TAG: reason})
    found = night.asks_for()
    night.reported(D10)

    assert found.wanted == wanted
    assert night.asks_for().wanted == {}


@pytest.mark.parametrize(
    ("status", "reason", "wanted"),
    [
        (DagsterRunStatus.STARTED, "is started", []),
        (DagsterRunStatus.CANCELED, "was cancelled; start it again by hand", [D10]),
    ],
)
def test_every_day_of_a_range_with_a_run_or_a_cancelled_one_is_left_alone(
    status: DagsterRunStatus, reason: str, wanted: list[date], night: Night
) -> None:
    night.tried(D8, INTERRUPTED)
    night.run_of_a_range(date(2026, 2, 9), D9, status)  # 29 days, of which the window holds the last

    found = night.asks_for()

    assert list(found.wanted) == wanted
    assert reason in found.held[D8]
    assert reason in found.held[D9]


def test_a_newer_run_of_the_day_speaks_for_it_rather_than_the_range_before(night: Night) -> None:
    night.tried(D9, INTERRUPTED)
    night.run_of_a_range(D8, D10, DagsterRunStatus.CANCELED)
    night.run(D9, DagsterRunStatus.FAILURE)

    found = night.asks_for()

    assert list(found.wanted) == [D9]
    assert "was cancelled" in found.held[D10]


def test_days_of_a_killed_range_without_a_report_are_asked_for(night: Night) -> None:
    night.tried(D9, INTERRUPTED)
    for day in (D9, D10):
        night.published(day)
    killed = {RUN_FAILURE_REASON_TAG: "UNEXPECTED_TERMINATION"}
    night.run_of_a_range(D9, D10, DagsterRunStatus.FAILURE, **killed)
    night.reported(D9)

    assert night.asks_for().wanted == {D10: list(COINS)}


def test_a_run_that_failed_is_taken_over(night: Night) -> None:
    night.tried(D10, INTERRUPTED)
    night.run(D10, DagsterRunStatus.FAILURE)

    assert list(night.asks_for().wanted) == [D10]


def test_the_sensor_requests_a_run_per_day_with_the_assets_of_these_coins(night: Night) -> None:
    night.tried(D10, INTERRUPTED)
    night.published(D10, ["BTC", "SOL"])

    result = tick(night, "resume")

    assert isinstance(result, SensorResult)
    (request,) = result.run_requests or []
    paths = {tuple(key.path) for key in request.asset_selection or []}
    assert request.partition_key == "2026-03-10"
    assert {("candles", "ETH"), ("model", "ETH"), ("daily_report",)} <= paths
    assert not any("BTC" in path or "SOL" in path for path in paths)


@pytest.mark.parametrize(
    ("name", "words"),
    [("resume", "nobody has tried any of the last 7 days"), ("reaper", "0 run(s) alive")],
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
