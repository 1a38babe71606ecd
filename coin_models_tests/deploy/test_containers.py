"""The Dockerfile and compose.yaml keep the rules that matter; execute.py carries the Dockerfile out without an engine.

The Dockerfile's rules are those of hadolint that matter here: DL3002, DL3006, DL3007, DL3009, DL3015, DL3025, and none
of the secrets, plus our own: process 1 passes signals on, and torch is in one image only.
"""

import json
import re
from typing import Any

import pytest
import yaml

from coin_models.settings.load import effective_settings
from coin_models.settings.root import Settings
from coin_models_tests.deploy.dockerfile import read_stages
from coin_models_tests.docs.reference import REPOSITORY

_COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))
_TAG = re.compile(r"[\w./-]+:\d[\w.-]*")

_STAGES = read_stages()
_IMAGES = ("control", "trainer")


def test_every_base_image_is_pinned_or_a_stage_of_this_file() -> None:
    assert [s.base for s in _STAGES.values() if s.base not in _STAGES and not _TAG.fullmatch(s.base)] == []


@pytest.mark.parametrize("name", _IMAGES)
def test_an_image_does_not_end_as_root(name: str) -> None:
    assert _STAGES[name].all("USER")[-1:] == ["coin"]


@pytest.mark.parametrize("name", _IMAGES)
def test_process_1_passes_signals_on_and_no_shell_stands_between(name: str) -> None:
    (entry,) = _STAGES[name].all("ENTRYPOINT")
    (command,) = _STAGES[name].all("CMD")

    assert json.loads(entry)[0] == "tini"
    assert json.loads(command)[0] in ("python", "coin-models")


@pytest.mark.parametrize("name", _IMAGES)
def test_an_image_has_a_health_check_without_a_shell(name: str) -> None:
    (check,) = _STAGES[name].all("HEALTHCHECK")

    assert json.loads(check[check.index("[") :])


def test_apt_leaves_nothing_behind_and_installs_nothing_beside() -> None:
    runs = [run for stage in _STAGES.values() for run in stage.all("RUN") if "apt-get install" in run]

    assert runs
    assert all("--no-install-recommends" in run and "rm -rf /var/lib/apt/lists/*" in run for run in runs)


def test_nothing_secret_and_nothing_from_elsewhere_is_built_in() -> None:
    steps = [f"{name} {rest}" for stage in _STAGES.values() for name, rest in stage.steps]
    secret = re.compile(r"(PASSWORD|SECRET|TOKEN|DATABASE_URL|ACCESS_KEY)\w*\s*=", re.IGNORECASE)

    assert [step for step in steps if secret.search(step) or step.startswith("ADD ") or "://" in step] == [
        step for step in steps if "http://127.0.0.1:3000/server_info" in step
    ]


def test_torch_is_in_the_trainer_alone() -> None:
    assert [name for name, stage in _STAGES.items() if any(".[train" in run for run in stage.all("RUN"))] == [
        "trainer-packages"
    ]
    assert "--from=control-packages /opt/venv /opt/venv" in _STAGES["control"].all("COPY")


def test_everything_that_is_copied_exists_and_is_let_through_by_dockerignore() -> None:
    allowed = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        name
        for stage in _STAGES.values()
        for line in stage.all("COPY")
        if "--from" not in line
        for name in line.split()[:-1]
        if not name.startswith("--")
    }

    assert copied == allowed
    assert [name for name in copied if not (REPOSITORY / name).exists()] == []


def _services() -> dict[str, Any]:
    services: dict[str, Any] = _COMPOSE["services"]
    return services


def test_compose_publishes_on_loopback_only() -> None:
    ports = [port for service in _services().values() for port in service.get("ports", [])]

    assert ports == ["127.0.0.1:3000:3000"]


def test_compose_pins_every_image_that_it_does_not_build() -> None:
    built = {service["image"] for service in _services().values() if "build" in service}
    others = {service["image"] for service in _services().values()} - built

    assert built == {"coin-models-control", "coin-models-trainer"}
    assert [image for image in others if not _TAG.fullmatch(image)] == []


def test_compose_asks_for_every_password_instead_of_knowing_one() -> None:
    text = (REPOSITORY / "compose.yaml").read_text(encoding="utf-8")
    values = re.findall(r"(?:PASSWORD|ACCESS_KEY(?:_ID)?)\"?: \"?(.+?)\"?$", text, re.MULTILINE)

    assert values
    assert [value for value in values if not value.startswith("${")] == []


def test_compose_refers_only_to_what_it_declares() -> None:
    volumes = {volume.partition(":")[0] for service in _services().values() for volume in service.get("volumes", [])}
    named = {volume for volume in volumes if not volume.startswith(".")}
    configs = {item["source"] for service in _services().values() for item in service.get("configs", [])}
    depended = {name for service in _services().values() for name in service.get("depends_on", {})}

    assert named == set(_COMPOSE["volumes"])
    assert configs == set(_COMPOSE["configs"])
    assert depended <= set(_services())
    assert [v for v in volumes - named if not (REPOSITORY / v).exists()] == []


def test_who_is_waited_for_to_be_healthy_has_a_health_check() -> None:
    waited = {
        name
        for service in _services().values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }

    assert [name for name in waited if "healthcheck" not in _services()[name]] == []


def test_compose_sets_only_settings_that_exist() -> None:
    existing = {row.variable for row in effective_settings(Settings())}

    assert set(_COMPOSE["x-settings"]) - existing == set()


def test_the_trainer_gets_more_time_to_stop_than_the_grace_that_it_counts_on() -> None:
    assert float(_services()["code"]["stop_grace_period"].removesuffix("s")) > Settings().interruption.grace_seconds
