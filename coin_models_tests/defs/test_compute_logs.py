"""The output of runs is in the bucket: at the end, after a signal, and after the loss of the machine."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from dagster import DagsterInstance
from pydantic import SecretStr

from coin_models.defs.compute_logs import UPLOAD_SECONDS, StoreComputeLogManager
from coin_models.defs.credentials import ACCESS_KEY_VARIABLE
from coin_models.defs.instance.home import open_instance
from coin_models.dev_stack.stack import StackAccess
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store
from coin_models.storage.s3.client import TunedS3Resource

LOG = ("run", "compute_logs", "step")

_RUN = """
import sys, time
from dagster import DagsterInstance, in_process_executor, job, op

@op
def talks():
    print("the last words of a pod", flush=True)
    time.sleep(600)

@job(executor_def=in_process_executor)
def talking():
    talks()

with DagsterInstance.from_config(sys.argv[1]) as instance:
    talking.execute_in_process(instance=instance)
"""


@pytest.fixture
def settings(stack_access: StackAccess, tmp_path: Path) -> Settings:
    """A home on this machine with an empty store on the stack's S3 server."""
    return Settings(
        home=tmp_path / "home",
        source="demo",
        store_url=f"{stack_access.store_url}/test/{uuid.uuid4().hex}",
        store_endpoint_url=stack_access.s3_endpoint_url,
        store_access_key_id=SecretStr(stack_access.s3_access_key_id),
        store_secret_access_key=SecretStr(stack_access.s3_secret_access_key),
    )


@pytest.fixture
def instance(settings: Settings) -> Iterator[DagsterInstance]:
    with open_instance(settings) as opened:
        yield opened


def _stored(settings: Settings) -> dict[str, bytes]:
    """The end of each log's key, such as `step.out.partial`, to its content."""
    store = build_store(settings)
    return {info.key.rpartition("/")[2]: store.get(info.key) for info in store.list("compute_logs/")}


def _manager(instance: DagsterInstance) -> StoreComputeLogManager:
    manager = instance.compute_log_manager
    assert isinstance(manager, StoreComputeLogManager)
    return manager


def _printed(manager: StoreComputeLogManager, key: Sequence[str], text: str) -> None:
    """As the captured process does it: pytest holds the streams of this one."""
    path = Path(manager.local_manager.get_captured_local_path(list(key), "out"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_what_a_run_printed_is_in_the_store_at_its_end(instance: DagsterInstance, settings: Settings) -> None:
    manager = _manager(instance)
    with manager.capture_logs(LOG):
        _printed(manager, LOG, "trained\n")

    assert _stored(settings) == {"step.out": b"trained\n"}


def test_a_run_that_a_signal_ends_leaves_what_it_printed(instance: DagsterInstance, settings: Settings) -> None:
    manager = _manager(instance)
    with suppress(KeyboardInterrupt), manager.capture_logs(LOG):
        _printed(manager, LOG, "epoch 3\n")
        raise KeyboardInterrupt

    assert _stored(settings) == {"step.out.partial": b"epoch 3\n"}


def test_a_store_that_is_away_ends_no_upload(tmp_path: Path) -> None:
    resource = TunedS3Resource(
        endpoint_url="http://127.0.0.1:9", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    manager = StoreComputeLogManager("s3://coins", str(tmp_path), resource)
    _printed(manager, LOG, "epoch 3\n")

    manager.on_progress(LOG)  # the thread that calls this every few seconds would end with an error

    assert Path(manager.local_manager.get_captured_local_path(list(LOG), "out")).read_text() == "epoch 3\n"


def test_the_web_server_shows_the_log_of_a_run_whose_machine_is_gone(
    instance: DagsterInstance, settings: Settings, tmp_path: Path
) -> None:
    manager = _manager(instance)
    _printed(manager, LOG, "epoch 3\n")
    manager.on_progress(LOG)

    with open_instance(settings.model_copy(update={"home": tmp_path / "control"})) as elsewhere:
        shown = elsewhere.compute_log_manager.get_log_data(list(LOG))

    assert shown.stdout == b"epoch 3\n"


def test_production_keeps_logs_where_the_settings_of_the_process_say(tmp_path: Path, stack_access: StackAccess) -> None:
    os.environ.update({"DAGSTER_HOME": str(tmp_path), "COIN_MODELS_SOURCE": "demo"})
    in_a_folder = StoreComputeLogManager.from_config_value(None, {})
    os.environ.update(stack_access.environment())
    in_the_bucket = StoreComputeLogManager.from_config_value(None, {})

    assert not isinstance(in_a_folder, StoreComputeLogManager)
    assert in_a_folder.get_captured_local_path(list(LOG), "out").startswith(f"{tmp_path}/storage/")
    assert isinstance(in_the_bucket, StoreComputeLogManager)


@pytest.mark.proof
def test_the_log_of_a_killed_run_is_in_the_store(instance: DagsterInstance, settings: Settings, tmp_path: Path) -> None:
    assert ACCESS_KEY_VARIABLE in os.environ  # exported with the instance, for run workers; dagster.yaml names it
    program = tmp_path / "run.py"
    program.write_text(_RUN, encoding="utf-8")
    pod = subprocess.Popen([sys.executable, str(program), str(settings.home / "dagster")])
    deadline = time.monotonic() + 60 + 2 * UPLOAD_SECONDS
    while not _stored(settings) and time.monotonic() < deadline:
        time.sleep(1)
    pod.send_signal(signal.SIGKILL)
    pod.wait(30)

    partial = [content for name, content in _stored(settings).items() if name.endswith(".out.partial")]
    assert partial == [b"the last words of a pod\n"]
