"""The files of deploy/ are well formed, start commands that exist, and set settings that exist."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from coin_models.settings.load import effective_settings
from coin_models.settings.root import Settings
from coin_models_tests.docs.reference import REPOSITORY

_DEPLOY = REPOSITORY / "deploy"
_NOT_SETTINGS = {"COIN_MODELS_VOLUME"}  # of the RunPod scripts


def _files(*suffixes: str) -> list[Path]:
    return [path for path in sorted(_DEPLOY.rglob("*")) if path.suffix in suffixes]


def _name(path: Path) -> str:
    return str(path.relative_to(_DEPLOY))


def _yaml(name: str) -> Any:
    return yaml.safe_load((_DEPLOY / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", _files(".yaml", ".sh", ".service", ".timer"), ids=_name)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    existing = {row.variable for row in effective_settings(Settings())} | _NOT_SETTINGS
    named = set(re.findall(r"COIN_MODELS_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8")))

    assert named - existing == set()


@pytest.mark.parametrize("path", _files(".sh"), ids=_name)
def test_a_script_is_well_formed_and_stops_at_the_first_error(path: Path) -> None:
    done = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "\nset -euo pipefail\n" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o111


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    units = []
    for path in _files(".service", ".timer"):
        # It looks whether the commands are there: those of this environment stand in for the installed ones.
        text = path.read_text(encoding="utf-8").replace("/opt/coin_models/.venv/bin", str(Path(sys.executable).parent))
        units.append(tmp_path / path.name)
        units[-1].write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", *map(str, units)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("path", _files(".service"), ids=_name)
def test_systemd_calls_the_exposure_of_a_unit_low(path: Path) -> None:
    command = [
        "systemd-analyze",
        "security",
        "--offline=true",
        "--threshold=25",
        str(path),
    ]  # 2.5 of 10; unhardened 9.6
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-200:] + done.stderr


@pytest.mark.parametrize("path", _files(".service"), ids=_name)
def test_a_unit_runs_as_nobody_in_particular_and_holds_no_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert "\nUser=coin_models\n" in text
    assert "\nNoNewPrivileges=true\n" in text
    assert "\nEnvironmentFile=/etc/coin_models.env\n" in text


# In Python and with `os.write`: bash now and then loses a trap while it expands a command, and `print` cannot be entered
# twice, by the signal that comes while "started" is being written.
_FAKE_TRAINER = f"""#!{sys.executable}
import os, signal, time

def save_and_exit(*_):
    time.sleep(0.3)
    os.write(1, b"saved\\n")
    os._exit(143)

signal.signal(signal.SIGTERM, save_and_exit)
os.write(1, b"started\\n")
time.sleep(10)
"""


@pytest.mark.parametrize("stop_afterwards", ["0", "1"])
def test_a_signal_to_the_pods_start_command_reaches_the_trainer_and_its_exit_code_comes_back(
    tmp_path: Path, stop_afterwards: str
) -> None:
    trainer = tmp_path / "venv" / "bin" / "coin-models"
    trainer.parent.mkdir(parents=True)
    trainer.write_text(_FAKE_TRAINER, encoding="utf-8")
    trainer.chmod(0o755)
    started = subprocess.Popen(
        ["bash", str(_DEPLOY / "runpod" / "start.sh")],
        env={"PATH": "/usr/bin:/bin", "COIN_MODELS_VOLUME": str(tmp_path), "STOP_POD_AFTERWARDS": stop_afterwards},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    first = started.stdout.readline()
    started.terminate()
    rest = started.communicate(timeout=20)[0]

    assert (first, rest, started.returncode) == ("started\n", "saved\n", 143)


def test_the_cron_job_runs_at_two_utc_and_never_counts_an_interruption_as_a_failure() -> None:
    spec = _yaml("kubernetes/retrain.yaml")["spec"]
    rules = spec["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]

    assert (spec["schedule"], spec["timeZone"]) == ("0 2 * * *", "Etc/UTC")
    assert {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]} in rules
    assert {"action": "Ignore", "onExitCodes": {"operator": "In", "values": [143]}} in rules


def test_the_pod_of_the_cron_job_is_not_root_and_has_more_grace_than_it_counts_on() -> None:
    pod = _yaml("kubernetes/retrain.yaml")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    grace = {item["name"]: item["value"] for item in container["env"]}["COIN_MODELS_INTERRUPTION_GRACE_SECONDS"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert float(grace) < pod["terminationGracePeriodSeconds"]
    assert pod["restartPolicy"] == "Never"  # podFailurePolicy allows no other


def test_the_managed_job_uses_spot_of_several_providers_and_recovers_from_notice() -> None:
    resources = _yaml("skypilot/retrain.yaml")["resources"]
    spot = {option["infra"] for option in resources["any_of"] if option["use_spot"]}

    assert len(spot) >= 2
    assert any(not option["use_spot"] for option in resources["any_of"])
    assert resources["job_recovery"]["recover_on_exit_codes"] == [143]


@pytest.mark.skipif(
    importlib.util.find_spec("sky") is None, reason="SkyPilot is not installed: its schema is not available"
)
def test_skypilot_accepts_the_managed_job() -> None:
    task = importlib.import_module("sky").Task.from_yaml(str(_DEPLOY / "skypilot" / "retrain.yaml"))

    assert task.name == "coin-models-retrain"


def test_the_code_server_of_compose_is_the_one_that_the_workspace_names() -> None:
    (location,) = _yaml("compose/workspace.yaml")["load_from"]
    services = yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    command = services[location["grpc_server"]["host"]]["command"]

    assert command[command.index("--port") + 1] == str(location["grpc_server"]["port"])
