"""A home of SQLite and a folder moves to PostgreSQL and S3, killed on the way, and the day after is trained there."""

import random
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance

from coin_models.defs.instance.home import open_instance
from coin_models.dev_stack.stack import StackAccess
from coin_models.settings.elsewhere import settings_in
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store
from coin_models.storage.object_store import ObjectStore
from coin_models_tests.backends import fresh_database
from coin_models_tests.proofs.processes import COMMAND, Home, small_home
from coin_models_tests.settings.environments import environment

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

DAYS = ("--from", "2024-08-13", "--to", "2024-08-15")
NUM_KILLS = 8


def test_a_move_under_kills_loses_nothing_trains_nothing_again_and_the_next_day_follows(
    tmp_path: Path, stack_access: StackAccess
) -> None:
    origin = small_home(tmp_path / "old")
    origin.run("retrain", *DAYS)
    with fresh_database(stack_access) as url:
        seconds = seconds_of_a_move(origin, tmp_path / "copy", moved_home(tmp_path / "other", stack_access, url))
    with fresh_database(stack_access) as url:
        new = moved_home(tmp_path / "new", stack_access, url)
        with environment(tmp_path, dict(new.variables)):
            store = build_store(settings_in(new.folder))
        first = [killed(origin, new, store, after) for after in kill_times(seconds)]
        moved = origin.run("home", "move", "--to", str(new.folder))
        refused = subprocess.run(
            [*COMMAND, "status"], cwd=origin.folder, env=origin.environment, capture_output=True, check=False
        )
        again = new.run("retrain", *DAYS)
        after = new.run("retrain", "--day", "2024-08-16")
        verified = new.run("models", "verify")
        with environment(tmp_path, dict(new.variables)):
            places = Settings(home=origin.folder / "home"), settings_in(new.folder)
            with open_instance(places[0]) as here, open_instance(places[1]) as there:
                before, shown = everything(here), everything(there)

    assert first[:2] == [-signal.SIGKILL, -signal.SIGKILL], "both met a copy of objects or their own early moment"
    assert moved["damaged"] == []
    assert refused.returncode == 2
    assert b"has moved, to postgresql" in refused.stderr
    assert {coin["action"] for day in again for coin in day["coins"].values()} == {"reused"}
    assert after["trained"] == 2
    assert (verified["checked"], verified["problems"]) == (8, [])
    assert {key: partitions for key, partitions in shown.items() if key in before} == {
        key: partitions | {"2024-08-16"} for key, partitions in before.items()
    }
    assert date.fromisoformat(max(before[AssetKey(["model", "BTC"])])) == date(2024, 8, 15)


def moved_home(folder: Path, access: StackAccess, url: str) -> Home:
    new = small_home(folder)
    (folder / "coin_models.toml").write_text(
        f"""
home = "home"
database_url = "{url}"
store_url = "{access.store_url}/{folder.name}-{random.SystemRandom().randrange(10**9)}"
store_endpoint_url = "{access.s3_endpoint_url}"
store_access_key_id = "{access.s3_access_key_id}"
store_secret_access_key = "{access.s3_secret_access_key}"
"""
    )
    return new


def seconds_of_a_move(origin: Home, folder: Path, new: Home) -> float:
    """Of a copy of the home, without kills: how long it takes here and now."""
    copy = replace(origin, folder=folder)
    shutil.copytree(origin.folder, folder)
    began = time.monotonic()
    copy.run("home", "move", "--to", str(new.folder))
    return time.monotonic() - began


def kill_times(seconds: float) -> list[float]:
    """Seconds after each start, the first kills soon: a call that continues is done earlier."""
    return sorted(random.Random(19).uniform(0.2, 0.8) * seconds for _ in range(NUM_KILLS))


def killed(origin: Home, new: Home, store: ObjectStore, after_seconds: float) -> int:
    """Killed as soon as it has copied an object, else after so long; how it ended, 0 if it was done before."""
    num_objects = len(store.list(""))
    deadline = time.monotonic() + after_seconds
    process = origin.start(
        "home", "move", "--to", str(new.folder), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    while process.poll() is None:
        if len(store.list("")) > num_objects or time.monotonic() > deadline:
            process.kill()
        time.sleep(0.01)
    return process.wait()


def everything(instance: DagsterInstance) -> dict[AssetKey, set[str]]:
    return {key: set(instance.get_materialized_partitions(key)) for key in instance.all_asset_keys()}
