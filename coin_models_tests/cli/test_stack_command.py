"""`coin-models stack`: real servers, started and stopped by the command."""

import shlex
import stat
from pathlib import Path

import pytest

from coin_models.dev_stack.stack import LocalStack
from coin_models_tests.cli.running import Ran, coin_models


def _variables(ran: Ran) -> dict[str, str]:
    """What `eval` would make of it, without the prefix."""
    words = shlex.split(ran.stdout)
    pairs = [word.partition("=") for word in words if word != "export"]
    return {name.removeprefix("COIN_MODELS_").lower(): value for name, _, value in pairs}


def test_without_a_stack_env_says_how_to_make_one_and_nothing_is_made(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "stack", "env")

    assert (ran.code, ran.stdout) == (1, "")
    assert "`coin-models stack up` creates one" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_stack_status_is_exit_code_1_and_down_has_nothing_to_do(tmp_path: Path) -> None:
    status = coin_models(tmp_path, "stack", "status", "--json")
    down = coin_models(tmp_path, "stack", "down")

    assert status.code == 1
    assert [(server["name"], server["pid"]) for server in status.json()] == [("postgres", None), ("s3", None)]
    assert (down.code, down.stdout) == (0, "nothing was running\n")


def test_up_starts_both_env_points_at_them_and_down_stops_them(tmp_path: Path) -> None:
    try:
        up = coin_models(tmp_path, "stack", "up")
        status = coin_models(tmp_path, "stack", "status", "--json")
        env = coin_models(tmp_path, "stack", "env")
        doctor = coin_models(tmp_path, "doctor", "--json", **_variables(env))
    finally:
        down = coin_models(tmp_path, "stack", "down")

    levels = {finding["check"]: finding["level"] for finding in doctor.json()}
    passwords = [value for name, value in _variables(env).items() if "key" in name]
    assert (up.code, status.code, env.code, down.code) == (0, 0, 0, 0), up.text + status.text
    assert all(server["pid"] for server in status.json())
    # "warning" says that a shared machine was slow to answer, not that anything is wrong
    assert {levels["database"], levels["store"], levels["clock"]} <= {"ok", "warning"}, doctor.text
    assert [password for password in passwords if password in up.text + status.text + doctor.text] == []
    assert "stopped s3 and postgres" in down.text
    assert coin_models(tmp_path, "stack", "status").code == 1
    assert stat.S_IMODE((tmp_path / ".coin_models_stack" / "access.json").stat().st_mode) == 0o600


@pytest.mark.proof
def test_run_does_the_daily_job_on_the_stack(tmp_path: Path) -> None:
    small = {
        "training_epochs": "1",
        "training_width": "16",
        "training_lookback_days": "40",
        "training_num_threads": "1",
    }
    try:
        ran = coin_models(tmp_path, "stack", "run", "--no-ui", "--coins", "BTC", **small)
        left = coin_models(tmp_path, "stack", "status").code
        coin_models(tmp_path, "stack", "up")
        variables = {**_variables(coin_models(tmp_path, "stack", "env")), **small}
        verified = coin_models(tmp_path, "models", "verify", "--json", **variables)
        access = LocalStack(tmp_path / ".coin_models_stack").access()
    finally:
        coin_models(tmp_path, "stack", "down")

    assert ran.code == 0, ran.text
    assert left == 1  # what it started, it stopped
    assert verified.json()["problems"] == []
    assert not (tmp_path / ".coin_models").exists()
    assert access.postgres_password not in ran.text + verified.text
