"""The Kubernetes manifests: the control plane is whole, no pod is root or writes its image, and every command exists."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from coin_models_tests.docs.reference import REPOSITORY

_FOLDER = REPOSITORY / "deploy" / "kubernetes"
_FILES = sorted(_FOLDER.glob("*.yaml"))


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def pods(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The pod specs within a manifest, however deep."""
    specs = []
    for value in document.values():
        if isinstance(value, dict):
            specs.extend([value] if "containers" in value else pods(value))
    return specs


def as_validated(document: dict[str, Any]) -> dict[str, Any]:
    """The document; of KEDA's ScaledJob, which is no part of Kubernetes, the job that it makes."""
    if document["kind"] != "ScaledJob":
        return document
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": document["metadata"],
        "spec": document["spec"]["jobTargetRef"],
    }


PODS = [
    pytest.param(pod, id=f"{path.stem}-{document['metadata']['name']}")
    for path in _FILES
    for document in documents(path)
    for pod in pods(document)
]


def plane() -> dict[str, dict[str, Any]]:
    return {f"{doc['kind']}/{doc['metadata']['name']}": doc for doc in documents(_FOLDER / "control-plane.yaml")}


def test_the_control_plane_is_code_server_daemon_and_web_server() -> None:
    assert set(plane()) == {
        "ConfigMap/coin-models",
        "Service/coin-models-code",
        "Deployment/coin-models-code",
        "Deployment/coin-models-daemon",
        "Deployment/coin-models-webserver",
    }


def test_the_workspace_names_the_service_and_port_at_which_the_code_server_listens() -> None:
    (location,) = yaml.safe_load(plane()["ConfigMap/coin-models"]["data"]["workspace.yaml"])["load_from"]
    service = plane()["Service/coin-models-code"]
    (pod,) = pods(plane()["Deployment/coin-models-code"])
    command = pod["containers"][0]["command"]

    assert location["grpc_server"]["host"] == service["metadata"]["name"]
    assert location["grpc_server"]["port"] == service["spec"]["ports"][0]["port"]
    assert command[command.index("--port") + 1] == str(service["spec"]["ports"][0]["port"])
    labels = plane()["Deployment/coin-models-code"]["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == labels


@pytest.mark.parametrize("pod", PODS)
def test_no_pod_is_root_writes_its_image_or_has_a_token(pod: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    mounted = {volume["name"] for volume in pod["volumes"]}
    for container in pod["containers"]:
        security = container["securityContext"]
        assert (security["allowPrivilegeEscalation"], security["readOnlyRootFilesystem"]) == (False, True)
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert {mount["name"] for mount in container["volumeMounts"]} == mounted
        assert "memory" in container["resources"]["limits"]
        assert all("PASSWORD" not in item["name"] and "KEY" not in item["name"] for item in container.get("env", ()))


@pytest.mark.parametrize("pod", PODS)
def test_the_command_of_a_pod_accepts_its_options(pod: dict[str, Any]) -> None:
    command = [word for word in pod["containers"][0]["command"] if word not in ("tini", "-g", "--")]
    folder = Path(sys.executable).parent
    program = [sys.executable] if command[0] == "python" else [str(folder / command[0])]

    helped = subprocess.run(
        [*program, *command[1:], "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(folder), "PYTHONPATH": str(REPOSITORY)},
    )

    assert helped.returncode == 0, helped.stderr
    assert all(word in helped.stdout for word in command if word.startswith("--"))


@pytest.mark.proof
@pytest.mark.parametrize("version", ["1.31", "1.34", "1.37"])
@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_every_manifest_is_of_kubernetes_own_schema_and_names_no_other_property(path: Path, version: str) -> None:
    """With `pip install kubernetes-validate`, 108 MB of schemas, which no other test needs (docs/adr/0142)."""
    validator = pytest.importorskip("kubernetes_validate")

    for document in documents(path):
        validator.validate(as_validated(document), version, strict=True)
