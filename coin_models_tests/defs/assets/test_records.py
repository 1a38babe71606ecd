"""What is recorded of a coin's day in Dagster: the asset with its checks, or the reason why there is none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetCheckResult, AssetKey

from coin_models.defs.assets.records import record_candles, record_model, record_trades
from coin_models.errors import SourceUnavailable
from coin_models.market.asking import CandleProblem, CoinCandles
from coin_models.market.history import History
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.services import Services
from coin_models.pipeline.shadow_trades import TradedCoin
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.storage import keys
from coin_models.trading.decisions import Decision, Verdict
from coin_models.trading.shadow_trader import TradedDay
from coin_models_tests.defs.fixtures import small_settings
from coin_models_tests.defs.step_contexts import NotingWorker
from coin_models_tests.pipeline.killable import DAY, World
from coin_models_tests.pipeline.plan.strategies import history
from coin_models_tests.registry import builders

HOLD = Decision(coin="BTC", day=DAY, verdict=Verdict.HOLD, version_id="v1", reason="it stays")


@dataclass
class NotingRecorder:
    """Notes what is recorded, checked and failed."""

    recorded: dict[tuple[str, ...], Mapping[str, Any]] = field(default_factory=dict)
    versions: list[str | None] = field(default_factory=list)
    checked: list[str | None] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def record(self, key: AssetKey, day: date, metadata: Mapping[str, Any], *, version: str | None = None) -> None:
        self.recorded[*key.path, day.isoformat()] = metadata
        self.versions.append(version)

    def check(self, _day: date, results: Iterable[AssetCheckResult]) -> None:
        self.checked += [result.check_name for result in results]

    def failed(self, who: str, _day: date, reason: str, *, kind: str | None = None) -> None:
        self.failures[who if kind is None else f"{kind} of {who}"] = reason


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "home", coins=("BTC",))


def recorded_candles(
    world: World, candles: CoinCandles | CandleProblem | None = None
) -> tuple[NotingRecorder, NotingWorker]:
    recorder, worker = NotingRecorder(), NotingWorker(world.services())
    if candles is None:
        (candles,) = fetch_candles(worker.services, DAY, ["BTC"])
    record_candles(recorder, worker, DAY, candles)  # type: ignore[arg-type]
    worker.services.close()
    return recorder, worker


def test_stored_candles_are_recorded_with_their_checks_and_the_number_of_the_lookback(world: World) -> None:
    recorder, _ = recorded_candles(world)

    metadata = recorder.recorded["candles", "BTC", "2026-03-10"]
    counts, lookback = metadata["candles"].split("; ")
    assert counts == "288 of 288, 0 gaps"
    # The lookback, and what the slowest feature needs before it.
    assert int(lookback.removesuffix(" in the lookback").replace(",", "")) > 32 * 288
    assert recorder.checked == ["complete_fresh_and_sane"]
    assert recorder.failures == {}


def test_candles_that_are_damaged_are_a_failure_and_a_problem_of_the_coin(world: World) -> None:
    world.fetch()
    for info in world.memory.list(keys.CANDLES):
        world.memory.put(info.key, b"not candles")

    recorder, worker = recorded_candles(world)

    assert recorder.recorded == {}
    assert "is damaged" in recorder.failures["BTC"]
    assert "BTC" in worker.candle_problems


def test_a_day_that_the_source_did_not_deliver_is_a_failure_with_its_reason(world: World) -> None:
    problem = CandleProblem(coin="BTC", error=SourceUnavailable("the exchange does not answer"), history=not_stored())

    recorder, _ = recorded_candles(world, problem)

    assert recorder.failures == {"BTC": "the exchange does not answer"}
    assert recorder.recorded == {}


def test_a_coin_that_was_not_listed_yet_has_nothing_to_show_and_is_no_failure(world: World) -> None:
    before_listing = history(empty=[date(2026, 1, 1) + timedelta(days=offset) for offset in range(90)])

    recorder, _ = recorded_candles(world, CoinCandles(coin="BTC", history=before_listing))

    assert (recorder.recorded, recorder.failures) == ({}, {})


def not_stored() -> History:
    return history(unstored=[DAY])


def outcome(**changes: object) -> CoinOutcome:
    failed = CoinOutcome(coin="BTC", day=DAY, outcome=Outcome.FAILED, action=AttemptAction.FAILED)
    return replace(failed, **changes)  # type: ignore[arg-type]


def recorded_model(tmp_path: Path, trained: CoinOutcome) -> NotingRecorder:
    recorder = NotingRecorder()
    with Services(settings=small_settings(tmp_path / "home")) as services:
        record_model(recorder, NotingWorker(services), trained)  # type: ignore[arg-type]
    return recorder


def test_a_published_version_is_recorded_under_the_digest_of_its_weights(tmp_path: Path) -> None:
    with Services(settings=small_settings(tmp_path / "home")) as services:
        version = services.registry.publish(builders.bundle("BTC", DAY), lease=None)

    recorder = recorded_model(tmp_path, outcome(outcome=Outcome.DONE, action=AttemptAction.TRAINED, version=version))

    assert recorder.recorded["model", "BTC", "2026-03-10"]["version"] == version.id
    assert recorder.versions == [version.weights_sha256]
    assert recorder.checked == ["sound_and_skilled"]


@pytest.mark.parametrize(
    ("ended", "reason", "failures"),
    [
        (Outcome.FAILED, "the loss is not finite", {"BTC": "the loss is not finite"}),
        (Outcome.UNAVAILABLE, None, {"BTC": "no reason was recorded"}),
        (Outcome.SKIPPED, "thin day", {}),
        (Outcome.INTERRUPTED, "SIGTERM", {}),
    ],
)
def test_without_a_version_an_error_is_a_failure_and_a_skip_is_none(
    tmp_path: Path, ended: Outcome, reason: str | None, failures: dict[str, str]
) -> None:
    recorder = recorded_model(tmp_path, outcome(outcome=ended, reason=reason))

    assert (recorder.failures, recorder.recorded) == (failures, {})


def test_a_coin_that_was_traded_although_a_version_is_unreadable_is_recorded_and_fails() -> None:
    recorder = NotingRecorder()

    record_trades(
        recorder,  # type: ignore[arg-type]
        TradedCoin(coin="BTC", day=DAY, traded=TradedDay(results=(), decision=HOLD), failure="v0 is damaged"),
    )

    assert recorder.recorded["shadow_trades", "BTC", "2026-03-10"]["champion_from_now_on"] == "v1"
    assert recorder.failures == {"shadow_trades of BTC": "v0 is damaged"}


def test_a_coin_that_was_not_traded_is_only_a_failure() -> None:
    recorder = NotingRecorder()

    record_trades(recorder, TradedCoin(coin="BTC", day=DAY, failure="its candles are damaged"))  # type: ignore[arg-type]

    assert (recorder.recorded, recorder.failures) == ({}, {"shadow_trades of BTC": "its candles are damaged"})
