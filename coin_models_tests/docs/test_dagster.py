"""The examples of docs/dagster.md run."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey, DagsterInstance, Definitions

from coin_models.market.candles import Candles
from coin_models.pipeline.services import Services, open_services
from coin_models.registry.forecast import LoadedModel
from coin_models.settings.load import load_settings
from coin_models_tests.docs.pages import blocks
from coin_models_tests.docs.reference import REPOSITORY
from coin_models_tests.registry import builders

DAY = date(2024, 8, 15)
DOWNSTREAM, NOTEBOOK, OWN_CANDLES = blocks(REPOSITORY / "docs" / "dagster.md", "python")


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A home with a week of candles and a model of the day, as the settings of the process name it."""
    monkeypatch.chdir(tmp_path)
    os.environ.update(COIN_MODELS_HOME=str(tmp_path / "home"), COIN_MODELS_UNIVERSE="BTC")
    with open_services(load_settings(), create=True) as opened:
        week = [DAY - timedelta(days=number) for number in range(7)]
        opened.candles.write_days("BTC", {day: opened.source.fetch("BTC", day, day) for day in week})
        opened.registry.publish(builders.bundle("BTC", DAY), lease=None)
        yield opened


def _run(block: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "docs"}
    exec(compile(block, "docs/dagster.md", "exec"), namespace)  # noqa: S102 -- that is what is tested
    return namespace


def _materialize(definitions: Definitions, *path: str) -> Any:
    job = definitions.resolve_implicit_global_asset_job_def()
    with DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(
            partition_key=DAY.isoformat(), asset_selection=[AssetKey(list(path))], instance=instance
        )


def test_a_model_is_the_argument_of_another_projects_asset(services: Services) -> None:
    result = _materialize(_run(DOWNSTREAM)["defs"], "expected_range")
    metadata = result.asset_materializations_for_node("expected_range")[0].metadata

    [version] = services.registry.versions("BTC", DAY)
    candles = services.candles.read_range(["BTC"], DAY - timedelta(days=6), DAY)["BTC"]
    prices = services.registry.load(version).predict(candles).prices
    assert (metadata["low"].value, metadata["high"].value) == (prices[0.1], prices[0.9])


def test_a_model_is_loaded_in_a_notebook(services: Services) -> None:
    model = _run(NOTEBOOK)["model"]

    assert isinstance(model, LoadedModel)
    assert model.manifest.day == DAY


def test_candles_of_another_project_are_stored_by_our_io_manager(services: Services, tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    vendor = services.source.fetch("BTC", DAY, DAY)
    vendor.to_frame().to_parquet(tmp_path / "vendor" / f"{DAY}.parquet")

    definitions = _run(OWN_CANDLES)["defs"]
    _materialize(definitions, "candles", "GOLD")

    stored = services.candles.read_range(["GOLD"], DAY, DAY)["GOLD"]
    assert isinstance(stored, Candles)
    assert stored.to_frame().equals(vendor.to_frame())
