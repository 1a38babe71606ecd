"""SIGTERM and SIGINT to `coin-models retrain`: the right exit code, an honest session, nothing lost."""

import signal
from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from coin_models.defs.instance.home import open_instance
from coin_models_tests.proofs.processes import DAY, Home, killed_in, small_home

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Digests of the weights of an uninterrupted retraining."""
    return digests(small_home(tmp_path_factory.mktemp("peace")))


def digests(home: Home) -> dict[str, str]:
    report = home.run("retrain", "--day", DAY)
    return {coin: item["weights_sha256"] for coin, item in report["coins"].items()}


def run_statuses(home: Home) -> list[DagsterRunStatus]:
    with open_instance(home.settings) as instance:
        return [run.status for run in instance.get_runs()]


@pytest.mark.parametrize("phase", ["candles", "first epoch", "row"])
def test_sigterm_ends_it_with_143_and_the_next_run_with_the_same_bytes(
    phase: str, tmp_path: Path, expected: dict[str, str]
) -> None:
    home = small_home(tmp_path)

    code, output = killed_in(home, phase, signal.SIGTERM)

    assert code == 143, output
    assert "interrupted: SIGTERM" in output
    begun = phase != "candles"  # they are topped up before the plan is made, and so before a session is opened
    assert home.session_ends() == ["interrupted"] * begun
    assert run_statuses(home) == [DagsterRunStatus.FAILURE] * begun
    assert digests(home) == expected
    assert home.session_ends() == [*["interrupted"] * begun, "finished"]


def test_control_c_in_the_middle_of_a_fit_ends_it_with_130_and_loses_nothing(
    tmp_path: Path, expected: dict[str, str]
) -> None:
    home = small_home(tmp_path)

    code, output = killed_in(home, "later epochs", signal.SIGINT)

    assert code == 130, output
    assert home.session_ends() == ["interrupted"]
    assert digests(home) == expected


def test_after_sigkill_the_next_run_waits_for_nobody_and_clears_the_run_away(
    tmp_path: Path, expected: dict[str, str]
) -> None:
    home = small_home(tmp_path)

    code, _output = killed_in(home, "later epochs", signal.SIGKILL)

    assert code == -signal.SIGKILL
    assert home.session_ends() == [None]
    assert digests(home) == expected
    assert home.session_ends() == ["lost", "finished"]
    # Newest first: the report, the coins, and the run that was killed.
    assert run_statuses(home) == [DagsterRunStatus.SUCCESS, DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE]
