"""One coin's day, trained on an embedded home: the events and the run that the large log is copied from."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster import RunsFilter
from sqlalchemy import text

from coin_models.defs.instance.home import open_instance
from coin_models.defs.jobs import RETRAIN
from coin_models.settings.root import Settings

COIN, DAY = "BTC", "2024-08-15"
_RETRAIN = "import sys; from coin_models.cli.main import run; sys.exit(run(sys.argv[1:]))"
_SMALL = {
    "UNIVERSE": COIN,
    "TRAINING_LOOKBACK_DAYS": "32",
    "TRAINING_WIDTH": "16",
    "TRAINING_NUM_THREADS": "1",
}
_ASSETS = text(
    "SELECT event, dagster_event_type, step_key, asset_key FROM event_logs "
    "WHERE dagster_event_type IN ('ASSET_MATERIALIZATION_PLANNED', 'ASSET_MATERIALIZATION') AND run_id = :run ORDER BY id"
)
_CHECKS = text(
    "SELECT evaluation_event, asset_key, check_name, execution_status FROM asset_check_executions WHERE run_id = :run"
)
_BODY = text("SELECT run_body FROM runs WHERE run_id = :run")
_TAGS = text("SELECT key, value FROM run_tags WHERE run_id = :run")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEvent:
    """A row of `event_logs`, or of `asset_check_executions` where it has a check's name."""

    event: str
    type: str
    step_key: str
    asset_key: str
    check_name: str | None = None
    check_status: str | None = None
    """Dagster leaves the planned row beside the one of the result, which names no partition: both are copied."""

    @property
    def is_of_coin(self) -> bool:
        """Whether there is one for every coin."""
        return COIN in self.asset_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The day's run with its events; texts hold COIN, DAY and `run_id`, to be replaced."""

    run_id: str
    run_body: dict[str, Any]
    tags: dict[str, str]
    events: tuple[SampleEvent, ...]
    bytes_per_coin_day: int
    """Of all event texts of a coin's day, those included that are not copied: what three years of them take."""


def train_sample(folder: Path) -> Sample:
    """Trains the coin's day in a process of its own and reads what Dagster kept of it."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COIN_MODELS_")}
    ours = {f"COIN_MODELS_{name}": value for name, value in _SMALL.items()}
    environment = {**plain, **ours, "COIN_MODELS_HOME": str(folder), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", _RETRAIN, "retrain", "--day", DAY]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return _read(Settings(home=folder, universe=(COIN,)))


def _read(settings: Settings) -> Sample:
    with open_instance(settings) as instance:
        (run,) = instance.get_runs(RunsFilter(job_name=RETRAIN))  # the report has a run of its own
        of_run = {"run": run.run_id}
        storage: Any = instance.event_log_storage
        runs: Any = instance.run_storage
        with storage.run_connection(run.run_id) as connection:
            every = connection.execute(text("SELECT event, dagster_event_type FROM event_logs")).all()
        with storage.index_connection() as connection:
            assets = connection.execute(_ASSETS, of_run).all()
            checks = connection.execute(_CHECKS, of_run).all()
        with runs.connect() as connection:
            body = connection.execute(_BODY, of_run).scalar_one()
            tags = connection.execute(_TAGS, of_run).all()
    events = [SampleEvent(event=row[0], type=row[1], step_key=row[2], asset_key=row[3]) for row in assets]
    events += [
        SampleEvent(event=row[0], type="CHECK", step_key="", asset_key=row[1], check_name=row[2], check_status=row[3])
        for row in checks
    ]
    return Sample(
        run_id=run.run_id,
        run_body=json.loads(body),
        tags={row[0]: row[1] for row in tags},
        events=tuple(events),
        bytes_per_coin_day=sum(len(row[0]) for row in [*every, *checks]),
    )
