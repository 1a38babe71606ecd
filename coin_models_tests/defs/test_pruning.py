"""A home is pruned whole, by a turn of six hours, and an error of it ends no run."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from dagster import DagsterInstance

from coin_models.clock import FixedClock
from coin_models.defs.instance.home import open_instance
from coin_models.defs.pruning import EVERY, plan_home, prune_home, prune_if_due, shrink_files
from coin_models.settings.retention import RetentionSettings
from coin_models.settings.root import Settings
from coin_models_tests.defs.instance.test_prune_events import FIRST, later, run_day
from coin_models_tests.pipeline.prune.old_home import OldHome


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    with open_instance(Settings(home=tmp_path)) as opened:
        yield opened


def home_of(folder: Path, *, automatic: bool = True) -> OldHome:
    return OldHome(settings=Settings(home=folder, retention=RetentionSettings(automatic=automatic, monthly=False)))


def test_rows_objects_and_runs_go_by_what_the_plan_says(tmp_path: Path, instance: DagsterInstance) -> None:
    home = OldHome(settings=home_of(tmp_path).settings, clock=FixedClock(later(401)))
    run_day(instance, FIRST)
    home.publish("BTC", 10)

    pruning = plan_home(home, instance)
    assert prune_home(home, instance, pruning)

    assert pruning.counts == {"model versions": 1, "objects": 2, "runs": 1}
    assert str(pruning).endswith(": 1 model versions, 2 objects, 1 runs")
    assert (home.versions(), home.objects(), instance.get_runs()) == (set(), set(), [])
    assert str(plan_home(home, instance)).startswith("nothing is older than")


def test_a_turn_comes_every_six_hours_where_the_setting_says_so(tmp_path: Path, instance: DagsterInstance) -> None:
    home = home_of(tmp_path)
    home.publish("BTC", 500)

    first, second = prune_if_due(home, instance), prune_if_due(home, instance)

    assert (first and first.counts, second) == ({"model versions": 1, "objects": 2}, None)
    assert timedelta(hours=6) == EVERY


def test_by_default_nothing_goes_without_the_command(tmp_path: Path, instance: DagsterInstance) -> None:
    home = home_of(tmp_path, automatic=RetentionSettings().automatic)
    version = home.publish("BTC", 5_000)

    assert prune_if_due(home, instance) is None
    assert home.versions() == {version}


def test_an_error_is_a_warning_and_the_next_turn_continues(
    tmp_path: Path, instance: DagsterInstance, caplog: pytest.LogCaptureFixture
) -> None:
    home = home_of(tmp_path)
    home.publish("BTC", 500)
    home.store.is_unavailable = True
    with caplog.at_level(logging.WARNING):
        assert prune_if_due(home, instance) is None

    assert "pruning failed, the next turn is in 6:00:00: no answer" in caplog.text
    assert plan_home(home, instance).counts == {"objects": 2}


def test_the_files_of_dagster_get_smaller_too(tmp_path: Path, instance: DagsterInstance) -> None:
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("CREATE TABLE big AS SELECT randomblob(1000000) AS x")
        connection.exec_driver_sql("DROP TABLE big")

    assert shrink_files(home_of(tmp_path)) > 900_000
