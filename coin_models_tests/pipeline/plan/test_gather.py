"""The facts of the plan as the tables give them: attempts that hold a coin-day back, and the window of stale versions."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.clock import FixedClock
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import Hold, HoldKind
from coin_models.pipeline.plan.gather import again_from, plan_now, retry_policy
from coin_models.pipeline.plan.plan import PlannedCoinDay
from coin_models.pipeline.services import Services
from coin_models.settings.costs import CostSettings
from coin_models.settings.operations import OperationsSettings
from coin_models.settings.root import Settings
from coin_models_tests.pipeline.killable import DAY, World

FAILED = (Outcome.FAILED, AttemptAction.FAILED, "the loss is not finite")
AWAY = (Outcome.UNAVAILABLE, AttemptAction.UNAVAILABLE, "the store is unavailable")


OPERATIONS = OperationsSettings(max_attempts=2, backoff_seconds=60, resume_window_days=3)


@pytest.fixture(scope="module")
def with_candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the candles of two coins."""
    home = tmp_path_factory.mktemp("with_candles") / "home"
    World(home).fetch()
    return home


@pytest.fixture
def services(with_candles: Path, tmp_path: Path) -> Iterator[Services]:
    """Nothing of the day was tried; it is 02:00 on the day after."""
    shutil.copytree(with_candles, tmp_path / "home")
    world = World(tmp_path / "home")
    world.settings = world.settings.model_copy(update={"operations": OPERATIONS})
    with world.services() as opened:
        yield opened


def planned(services: Services, **choices: object) -> PlannedCoinDay:
    return plan_now(services, [DAY], ["BTC", "ETH"], **choices)["BTC", DAY]  # type: ignore[arg-type]


def try_in_vain(services: Services, tried: tuple[Outcome, AttemptAction, str], *, version: str | None) -> None:
    session = services.sessions.open(CostSettings(), code_version="c")
    fingerprints = {} if version is None else {"BTC": version}
    services.attempts.record(DAY, session.session_id, {"BTC": tried}, fingerprints=fingerprints)


def wanted(services: Services) -> str:
    fingerprint = planned(services).fingerprint
    assert fingerprint is not None
    return fingerprint


def test_after_an_error_a_coin_day_waits_for_its_next_try_unless_a_person_asks(services: Services) -> None:
    try_in_vain(services, FAILED, version=wanted(services))

    assert planned(services).action is Action.WAITING
    assert planned(services).reason == "next try at 02:01:00 UTC: the loss is not finite"
    assert planned(services, by_hand=True).action is Action.TRAIN


def test_after_an_error_of_a_place_it_waits_until_the_places_answer(services: Services) -> None:
    try_in_vain(services, AWAY, version=wanted(services))
    before = planned(services)
    assert isinstance(services.clock, FixedClock)
    services.clock.advance(timedelta(seconds=1))
    services.place_watch.release(services.clock.now())

    assert before.action is Action.UNAVAILABLE
    assert before.reason == "next try at 02:00:30 UTC, or as soon as it answers: the store is unavailable"
    assert planned(services).action is Action.TRAIN


def test_after_the_last_attempt_it_is_quarantined_also_where_a_person_asks(services: Services) -> None:
    version = wanted(services)
    for _ in range(2):
        try_in_vain(services, FAILED, version=version)

    assert planned(services).action is Action.QUARANTINED
    assert planned(services, by_hand=True).reason == "quarantined after 2 errors: the loss is not finite"


def test_errors_of_a_place_use_up_no_attempt(services: Services) -> None:
    version = wanted(services)
    for _ in range(5):
        try_in_vain(services, AWAY, version=version)

    assert planned(services).action is Action.UNAVAILABLE
    assert planned(services, by_hand=True).action is Action.TRAIN


def test_errors_of_another_version_hold_nothing_back(services: Services) -> None:
    for _ in range(2):
        try_in_vain(services, FAILED, version="ab" * 32)

    assert planned(services).action is Action.TRAIN


def test_what_another_session_works_on_waits_and_what_our_own_works_on_does_not(services: Services) -> None:
    session = services.sessions.open(CostSettings(), code_version="c").session_id
    services.attempts.begin(["BTC"], DAY, session)

    theirs = planned(services)

    assert (theirs.action, theirs.is_running) == (Action.WAITING, True)
    assert theirs.reason == f"session {session[:8]} works on it"
    assert planned(services, session_id=session).action is Action.TRAIN


def test_a_hold_of_the_caller_counts_before_the_attempts(services: Services) -> None:
    version = wanted(services)
    hold = Hold(kind=HoldKind.UNAVAILABLE, reason="it failed a moment ago", fingerprint=version)
    try_in_vain(services, FAILED, version=version)

    assert planned(services, holds={("BTC", DAY): hold}).reason == "it failed a moment ago"


@pytest.mark.parametrize(
    ("stale", "first"), [("keep", None), ("all", date.min), ("window", date(2026, 3, 8))], ids=["keep", "all", "window"]
)
def test_stale_versions_are_made_again_from_the_day_that_the_settings_say(
    tmp_path: Path, stale: str, first: date | None
) -> None:
    # The newest trading day is 10 March; the window is 3 days.
    world = World(tmp_path / "home")
    operations = OPERATIONS.model_copy(update={"stale": stale})
    world.settings = world.settings.model_copy(update={"operations": operations})

    assert again_from(world.services()) == first


def test_pauses_and_attempts_are_those_of_the_settings() -> None:
    operations = OperationsSettings(max_attempts=5, backoff_seconds=7, backoff_max_seconds=8, unavailable_seconds=9)

    policy = retry_policy(Settings(home=Path("home"), operations=operations))

    assert (policy.max_attempts, policy.backoff_seconds, policy.backoff_max_seconds) == (5, 7, 8)
    assert policy.unavailable_seconds == 9
