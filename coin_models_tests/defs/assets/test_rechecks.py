"""Checks without a day: they say of what is stored last what they said when it was made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetCheckKey, AssetKey, Failure

from coin_models.defs.assets.keys import CANDLES, DAILY_REPORT, MODEL, asset_key
from coin_models.defs.assets.rechecks import recheck_coins, recheck_report
from coin_models.defs.checks import COMPLETE, COMPLETE_FRESH_SANE, SOUND_AND_SKILLED
from coin_models.defs.instance.home import open_instance
from coin_models.defs.launch import executor_on
from coin_models.pipeline.services import Services
from coin_models.pipeline.worker import Worker
from coin_models_tests.defs.fixtures import DAY, small_settings, worker_of_services

CANDLE_CHECK = AssetCheckKey(asset_key(CANDLES, "BTC"), COMPLETE_FRESH_SANE)
MODEL_CHECK = AssetCheckKey(asset_key(MODEL, "BTC"), SOUND_AND_SKILLED)
REPORT_CHECK = AssetCheckKey(AssetKey(DAILY_REPORT), COMPLETE)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    settings = small_settings(tmp_path / "home", coins=("BTC",))
    with worker_of_services(Services(settings=settings)) as opened:
        yield opened


def test_each_check_says_of_the_newest_day_what_it_said_when_that_was_made(worker: Worker) -> None:
    with open_instance(worker.services.settings) as instance:
        executor = executor_on(worker.services, instance, {})
        executor.run_coins(worker, [DAY], ("BTC",), force=False)
        executor.run_report(worker, [DAY])
        recorded = {
            key: instance.event_log_storage.get_asset_check_execution_history(key, limit=1)[0].event
            for key in (CANDLE_CHECK, MODEL_CHECK, REPORT_CHECK)
        }

    results = [
        *recheck_coins(worker.services, [MODEL_CHECK, CANDLE_CHECK]),
        *recheck_report(worker.services, ("BTC",), [REPORT_CHECK]),
    ]

    assert [(result.asset_key, result.check_name) for result in results] == [
        (key.asset_key, key.name) for key in (CANDLE_CHECK, MODEL_CHECK, REPORT_CHECK)
    ]
    for result, event in zip(results, recorded.values(), strict=True):
        assert event is not None
        evaluation = event.dagster_event.event_specific_data  # type: ignore[union-attr]
        assert result.passed == evaluation.passed
        assert result.metadata is not None
        assert result.metadata["day"].value == DAY.isoformat()
        # A run of several days, such as of a day and of what it starts from, names the day in front.
        assert str(evaluation.metadata["reason"].value).endswith(str(result.metadata["reason"].value))


@pytest.mark.parametrize("key", [CANDLE_CHECK, MODEL_CHECK], ids=str)
def test_where_nothing_is_stored_a_sentence_says_what_to_do(worker: Worker, key: AssetCheckKey) -> None:
    with pytest.raises(Failure, match="materialize a partition of the asset first"):
        list(recheck_coins(worker.services, [key]))


def test_without_a_report_a_sentence_says_what_makes_one(worker: Worker) -> None:
    with pytest.raises(Failure, match="writes one for every day"):
        list(recheck_report(worker.services, ("BTC",), [REPORT_CHECK]))
