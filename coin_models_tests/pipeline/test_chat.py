"""What the chat is answered: the newest day, failed attempts reset, and a sentence for everything else."""

from pathlib import Path

import pytest

from coin_models.clock import SystemClock, newest_complete_day
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.chat import HELP, answer_text
from coin_models.pipeline.services import Services, open_services
from coin_models.settings.costs import CostSettings
from coin_models.settings.root import Settings

DAY = newest_complete_day(SystemClock())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path, universe=("BTC", "ETH"))
    with open_services(made, create=True) as services:
        fail(services)
    return made


def fail(services: Services) -> None:
    session = services.sessions.open(CostSettings(), code_version="c").session_id
    for _ in range(2):
        attempt = services.attempts.begin(["BTC"], DAY, session)["BTC"]
        services.attempts.finish(attempt, Outcome.FAILED, action=AttemptAction.TRAINED, reason="the fit diverged")


def test_status_is_the_newest_day_with_what_is_not_done(settings: Settings) -> None:
    first, *rest = answer_text(settings, "/status@coin_models_bot").splitlines()

    assert first.startswith(f"{DAY}: ")
    assert {line.split(":")[0] for line in rest} == {"BTC", "ETH"}


def test_unquarantine_resets_the_failed_attempts_of_a_coin_on_a_day(settings: Settings) -> None:
    answer = answer_text(settings, f"/unquarantine btc {DAY}")

    assert answer.startswith("BTC: 2 failed attempt(s) on 1 day(s) reset")
    assert answer_text(settings, f"/unquarantine BTC {DAY}") == "no coin has a failed attempt; nothing was reset"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/unquarantine", "give a coin and a day"),
        ("/unquarantine BTC ETH 2026-03-10", "give a coin and a day"),
        ("/unquarantine NOPE 2026-03-10", "NOPE is not in the universe"),
        ("/unquarantine BTC yesterday", "invalid date 'yesterday'"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(settings: Settings, text: str, words: str) -> None:
    answer = answer_text(settings, text)

    assert answer.startswith("error: ")
    assert words in answer


@pytest.mark.parametrize("text", ["", "hello", "/start", "/retrain; rm -rf /"])
def test_anything_else_is_answered_with_the_commands(settings: Settings, text: str) -> None:
    assert answer_text(settings, text) == HELP


def test_where_there_is_no_home_the_answer_says_it(tmp_path: Path) -> None:
    assert "nothing was trained there yet" in answer_text(Settings(home=tmp_path / "none"), "/status")
