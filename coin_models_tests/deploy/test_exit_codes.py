"""systemd, Kubernetes and RunPod's script do what the table of exit codes says, for each code.

RunPod's script runs with a stub trainer. Of systemd and Kubernetes the rules are read as their manuals state them
(systemd.service(5), "Restart="; Kubernetes, "Pod failure policy"): neither runs here.
"""

import configparser
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from coin_models.exit_codes import ExitCode
from coin_models_tests.docs.reference import REPOSITORY

_DEPLOY = REPOSITORY / "deploy"
_REPEATED = {ExitCode.COULD_NOT_WORK, ExitCode.PUT_OFF, ExitCode.INTERRUPTED}
_OF_A_TRAINER = [code for code in ExitCode if code is not ExitCode.CTRL_C]


def _executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def _pod(folder: Path, trainer: str, *, runpodctl: str = 'echo "$@"', **variables: str) -> tuple[int, list[str], float]:
    """Runs the pod's start command with a stub trainer; its exit code, its lines and the seconds it took."""
    _executable(folder / "venv" / "bin" / "coin-models", trainer)
    _executable(folder / "bin" / "runpodctl", runpodctl)
    environment = {
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
        "COIN_MODELS_VOLUME": str(folder),
        "RUNPOD_POD_ID": "pod-1",
        **variables,
    }
    begun = time.monotonic()
    done = subprocess.run(
        ["bash", str(_DEPLOY / "runpod" / "start.sh")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), time.monotonic() - begun


@pytest.mark.parametrize("code", _OF_A_TRAINER)
def test_a_pod_is_stopped_whatever_the_trainer_ends_with(tmp_path: Path, code: ExitCode) -> None:
    ended, lines, seconds = _pod(tmp_path, f'echo "$@"; exit {int(code)}')

    assert (ended, lines) == (code, ["retrain --missing", "stop pod pod-1"])
    assert seconds < 60


def test_a_pod_is_stopped_when_its_setup_fails(tmp_path: Path) -> None:
    _executable(tmp_path / "venv" / "bin" / "python", "exit 7")
    _executable(tmp_path / "bin" / "runpodctl", 'echo "$@"')
    done = subprocess.run(
        ["bash", str(_DEPLOY / "runpod" / "start.sh")],
        env={
            "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
            "COIN_MODELS_VOLUME": str(tmp_path),
            "RUNPOD_POD_ID": "pod-1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (7, "stop pod pod-1\n")


def test_a_pod_whose_trainer_hangs_is_stopped_after_the_cap(tmp_path: Path) -> None:
    ended, lines, _ = _pod(tmp_path, "exec sleep 100", MAX_POD_HOURS="0.0002")

    assert (ended, lines) == (ExitCode.INTERRUPTED, ["stop pod pod-1"])


def test_a_pod_is_kept_on_request(tmp_path: Path) -> None:
    assert _pod(tmp_path, "exit 0", STOP_POD_AFTERWARDS="0")[:2] == (0, [])


def test_a_pod_that_cannot_be_stopped_at_first_is_stopped_at_the_second_try(tmp_path: Path) -> None:
    _executable(tmp_path / "bin" / "sleep", f"echo $1 >> {tmp_path}/pauses")  # in place of the shell's: nothing waits
    flaky = f"[ -e {tmp_path}/tried ] && echo stopped || {{ touch {tmp_path}/tried; exit 1; }}"

    assert _pod(tmp_path, "exit 1", runpodctl=flaky)[:2] == (1, ["stopped"])
    assert (tmp_path / "pauses").read_text() == "10\n"


def _unit() -> dict[str, str]:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(_DEPLOY / "systemd" / "coin-models-retrain.service", encoding="utf-8")
    return dict(parser["Service"])


def _codes(unit: dict[str, str], key: str) -> set[int]:
    return {int(word) for word in unit.get(key, "").split()}


@pytest.mark.parametrize("code", _OF_A_TRAINER)
def test_the_unit_is_green_after_done_alone_and_repeats_what_may_work_later(code: ExitCode) -> None:
    unit = _unit()
    is_clean = code == 0 or code in _codes(unit, "SuccessExitStatus")
    is_repeated = code in _codes(unit, "RestartForceExitStatus") or (
        unit["Restart"] == "on-failure" and not is_clean and code not in _codes(unit, "RestartPreventExitStatus")
    )

    assert unit["ExecStart"].endswith("coin-models retrain --missing")
    assert is_clean == (code in (ExitCode.DONE, ExitCode.INTERRUPTED))  # 143 is how `systemctl stop` ends
    assert is_repeated == (code in _REPEATED)


def test_the_unit_repeats_for_hours_and_is_ready_for_the_next_night() -> None:
    parser = configparser.ConfigParser(strict=False)
    parser.read(_DEPLOY / "systemd" / "coin-models-retrain.service", encoding="utf-8")
    hours = int(parser["Unit"]["StartLimitBurst"]) * int(parser["Service"]["RestartSec"]) / 3600

    assert hours >= 4
    assert hours + float(parser["Unit"]["StartLimitIntervalSec"].removesuffix("h")) <= 24


def test_the_timer_makes_up_a_start_that_was_missed() -> None:
    assert "\nPersistent=true\n" in (_DEPLOY / "systemd" / "coin-models-retrain.timer").read_text(encoding="utf-8")


def _action(rules: list[dict[str, Any]], code: int) -> str:
    for rule in rules:
        if code in rule.get("onExitCodes", {}).get("values", []):
            return str(rule["action"])
    return "Count"


@pytest.mark.parametrize("code", [code for code in _OF_A_TRAINER if code is not ExitCode.DONE])
def test_the_cron_job_repeats_what_may_work_later_and_fails_on_the_rest(code: ExitCode) -> None:
    spec = yaml.safe_load((_DEPLOY / "kubernetes" / "retrain.yaml").read_text(encoding="utf-8"))["spec"]
    job = spec["jobTemplate"]["spec"]
    container = job["template"]["spec"]["containers"][0]
    action = _action(job["podFailurePolicy"]["rules"], code)

    assert container["command"][-3:] == ["coin-models", "retrain", "--missing"]
    assert job["backoffLimit"] > 0
    assert (action in ("Ignore", "Count")) == (code in _REPEATED)
    assert (action == "Ignore") == (code is ExitCode.INTERRUPTED)


def test_no_service_of_compose_names_the_demo_market_by_itself() -> None:
    text = (REPOSITORY / "compose.yaml").read_text(encoding="utf-8")

    assert "COIN_MODELS_SOURCE: ${COIN_MODELS_SOURCE:?" in text
