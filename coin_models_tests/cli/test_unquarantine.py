"""`coin-models unquarantine`: many coins, days or all; the old name still works, with one warning."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings
from coin_models_tests.cli.running import coin_models, make_home

DAY = date(2026, 3, 10)
FAILED = (Outcome.FAILED, AttemptAction.FAILED, "the loss is no longer finite")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """BTC and ETH failed three times each."""
    opened = Services(settings=Settings(home=tmp_path / ".coin_models"))
    session = opened.sessions.open(opened.settings.costs, code_version="0" * 64).session_id
    for _ in range(3):
        opened.attempts.record(DAY, session, {"BTC": FAILED, "ETH": FAILED})
    yield opened
    opened.database.close()


def _still_failed(services: Services) -> set[str]:
    return {coin for (coin, _, _), tries in services.attempts.failures(DAY, DAY).items() if tries.num_failed}


@pytest.mark.parametrize(
    ("arguments", "num_reset", "left"),
    [(["BTC"], 3, {"ETH"}), (["BTC", "ETH"], 6, set()), (["--day", f"{DAY}"], 6, set()), (["--all"], 6, set())],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_was_named_is_reset_and_counted(
    arguments: list[str], num_reset: int, left: set[str], tmp_path: Path, services: Services
) -> None:
    ran = coin_models(tmp_path, "unquarantine", *arguments)

    assert ran.code == 0
    assert f"{num_reset} failed attempt(s) on 1 day(s) reset" in ran.stdout
    assert _still_failed(services) == left


def test_a_coin_named_in_vain_is_said_although_the_others_are_reset(tmp_path: Path, services: Services) -> None:
    ran = coin_models(tmp_path, "unquarantine", "BTC,SOL")

    assert ran.code == 2
    assert "BTC: 3 failed attempt(s)" in ran.stdout
    assert "error: no failed attempt of SOL to reset" in ran.stderr
    assert _still_failed(services) == {"ETH"}


def test_all_with_nothing_to_reset_is_no_error(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "unquarantine", "--all")

    assert ran.code == 0
    assert "nothing was reset" in ran.stdout


def test_the_old_name_resets_one_coin_and_warns_once(tmp_path: Path, services: Services) -> None:
    ran = coin_models(tmp_path, "retry", "BTC", "--day", f"{DAY}")

    assert ran.code == 0
    assert ran.stderr.count("warning:") == 1
    assert "is now `coin-models unquarantine`" in ran.stderr
    assert _still_failed(services) == {"ETH"}


def test_the_old_name_is_not_offered(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "--help")

    assert "unquarantine" in ran.stdout
    assert "retry" not in ran.stdout
