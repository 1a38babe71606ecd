"""The services of compose.yaml that are built here: each command and health check runs, as it is written, on real servers.

Instead of an engine's network, names and ports of services become loopback's; PostgreSQL and S3 are the development stack's.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from coin_models.dev_stack.process import free_ports
from coin_models.dev_stack.stack import StackAccess
from coin_models_tests.backends import fresh_database
from coin_models_tests.deploy.dockerfile import read_stages
from coin_models_tests.docs.reference import REPOSITORY
from coin_models_tests.proofs.processes import wait_for

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]

_COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))
_FOREIGN = {"postgres", "s3"}  # images of others
_REFERENCE = re.compile(r"\$\{(\w+):[-?][^}]*\}")
_STOP_SECONDS = 40.0


@dataclass(frozen=True)
class Deployment:
    """What stands in for the containers: a folder for /opt/dagster, ports, variables."""

    folder: Path
    ports: dict[str, str]
    variables: dict[str, str]

    def here(self, word: str) -> str:
        """A word of a command as it is on this machine."""
        word = word.replace("/opt/dagster", str(self.folder)).replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        for theirs, ours in self.ports.items():
            word = re.sub(rf"\b{theirs}\b", ours, word)
        return word

    def environment(self, service: str) -> dict[str, str]:
        """The service's own variables; what it takes from `.env` and the addresses of others are replaced."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("COIN_MODELS_")}
        given = {
            name: self.variables.get(name) or _REFERENCE.sub(lambda match: self.variables.get(match[1], ""), value)
            for name, value in _COMPOSE["services"][service]["environment"].items()
        }
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        home = {"COIN_MODELS_HOME": str(self.folder / "data"), "DAGSTER_HOME": str(self.folder)}
        return {**plain, **given, **home, "PATH": path, "DAGSTER_DISABLE_TELEMETRY": "1"}

    def command(self, service: str) -> list[str]:
        """As compose.yaml says, else as the image does."""
        content = _COMPOSE["services"][service]
        if "command" not in content:
            (default,) = read_stages()[content["image"].removeprefix("coin-models-")].all("CMD")
            return [self.here(word) for word in json.loads(default)]
        return [self.here(word) for word in content["command"]]

    def health_check(self, service: str) -> list[str]:
        """As compose.yaml says, else as the image does."""
        content = _COMPOSE["services"][service]
        if "healthcheck" in content:
            return [self.here(word) for word in content["healthcheck"]["test"][1:]]
        (check,) = read_stages()[content["image"].removeprefix("coin-models-")].all("HEALTHCHECK")
        return [self.here(word) for word in json.loads(check[check.index("[") :])]

    def run(self, service: str, command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(service), capture_output=True, text=True, check=False
        )

    @contextlib.contextmanager
    def up(self, service: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Started, healthy within the block, and stopped by SIGTERM after it."""
        log = self.folder / f"{service}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command(service), cwd=self.folder, env=self.environment(service), stdout=output, stderr=output
            )
        try:
            check = self.health_check(service)
            wait_for(
                f"the health of {service}",
                lambda: process.poll() is not None or self.run(service, check).returncode == 0,
                seconds=120.0,
            )
            assert process.poll() is None, log.read_text(encoding="utf-8")[-2000:]
            yield process
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


@pytest.fixture
def deployment(tmp_path: Path, stack_access: StackAccess) -> Iterator[Deployment]:
    shutil.copy(REPOSITORY / "dagster.yaml", tmp_path)
    with fresh_database(stack_access) as url:
        code, ui = map(str, free_ports(2))
        made = Deployment(
            folder=tmp_path,
            ports={"4000": code, "3000": ui},
            variables={
                "COIN_MODELS_DATABASE_URL": url,
                "COIN_MODELS_STORE_ENDPOINT_URL": stack_access.s3_endpoint_url,
                "S3_ACCESS_KEY_ID": stack_access.s3_access_key_id,
                "S3_SECRET_ACCESS_KEY": stack_access.s3_secret_access_key,
                "COIN_MODELS_SOURCE": "demo",
            },
        )
        workspace = (REPOSITORY / "deploy" / "compose" / "workspace.yaml").read_text(encoding="utf-8")
        (tmp_path / "workspace.yaml").write_text(made.here(workspace).replace("host: code", "host: 127.0.0.1"))
        yield made


def test_every_service_that_is_built_here_starts_is_healthy_and_stops(deployment: Deployment) -> None:
    buckets = [deployment.run("bucket", deployment.command("bucket")) for _ in range(2)]
    assert [bucket.returncode for bucket in buckets] == [0, 0], buckets[-1].stderr

    with deployment.up("code") as code, deployment.up("webserver"), deployment.up("daemon"):
        assert code.poll() is None
    logs = {name: (deployment.folder / f"{name}.log").read_text() for name in ("code", "webserver", "daemon")}

    assert {"bucket", *logs} == set(_COMPOSE["services"]) - _FOREIGN
    assert [name for name, text in logs.items() if "Traceback" in text] == []
    assert deployment.variables["S3_SECRET_ACCESS_KEY"] not in "".join(logs.values())
