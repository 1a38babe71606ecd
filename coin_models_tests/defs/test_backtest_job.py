"""The job `backtest`: launched with a range, it trains and trades it, and links to a page that is there."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from dagster import DagsterInstance, ExecuteInProcessResult, MetadataValue, UrlMetadataValue
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from coin_models.clock import SystemClock, newest_complete_day
from coin_models.defs.backtest_job import ASKED_BY, BACKTEST
from coin_models.defs.build import build_definitions
from coin_models.defs.instance.home import open_instance
from coin_models.defs.links import PATH
from coin_models.defs.report_server import report_routes
from coin_models.defs.request_guard import RequestGuard
from coin_models.settings.root import Settings
from coin_models_tests.defs.asgi import Answer, get
from coin_models_tests.defs.fixtures import DAY, small_settings

FIRST, LAST = DAY, DAY + timedelta(days=1)
COINS = ("BTC", "ETH")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return small_settings(tmp_path_factory.mktemp("walked") / "home", coins=COINS)


@pytest.fixture(scope="module")
def instance(settings: Settings) -> Iterator[DagsterInstance]:
    with open_instance(settings) as opened:
        yield opened


def launch(instance: DagsterInstance, settings: Settings, **config: object) -> ExecuteInProcessResult:
    job = build_definitions(settings).resolve_job_def(BACKTEST)
    return job.execute_in_process(
        {"ops": {"backtest_days": {"config": config}}}, instance=instance, raise_on_error=False
    )


def metadata_of(result: ExecuteInProcessResult) -> dict[str, MetadataValue]:
    (output,) = (event for event in result.all_node_events if event.event_type_value == "STEP_OUTPUT")
    return dict(output.step_output_data.metadata)


@pytest.fixture(scope="module")
def walked(instance: DagsterInstance, settings: Settings) -> ExecuteInProcessResult:
    return launch(instance, settings, first_day=str(FIRST), last_day=str(LAST))


def page(settings: Settings, path: str) -> Answer:
    app = Starlette(
        routes=[Mount(PATH, routes=report_routes(settings))], middleware=[Middleware(RequestGuard, hosts=[])]
    )
    return get(app, path)


def test_the_range_is_trained_in_runs_of_its_own_and_the_page_is_linked(
    walked: ExecuteInProcessResult, instance: DagsterInstance, settings: Settings
) -> None:
    assert walked.success
    made = metadata_of(walked)
    assert (made["num_days"].value, made["num_coin_days"].value, made["num_failed"].value) == (2, 4, 0)
    link = made["page"]
    assert isinstance(link, UrlMetadataValue)
    answer = page(settings, str(link.value))

    assert answer.status == 200
    assert f"Backtest of 2 coins, {FIRST} to {LAST}" in answer.text
    assert 'href="../../">All days and coins' in answer.text
    runs = [run for run in instance.get_runs() if run.tags.get("asked_by") == ASKED_BY]
    assert {run.job_name for run in runs} == {"retrain", "report"}
    assert {run.status.value for run in runs} == {"SUCCESS"}


def test_launched_again_it_only_reads(
    walked: ExecuteInProcessResult, instance: DagsterInstance, settings: Settings
) -> None:
    before = len(instance.get_runs())

    again = launch(instance, settings, first_day=str(FIRST), last_day=str(LAST), coins=["btc"], trials=3)

    assert again.success
    assert len(instance.get_runs()) == before + 1
    made = metadata_of(again)
    assert made["page"].value == f"{PATH}/backtests/{FIRST}/{LAST}?coins=BTC&trials=3"
    assert (made["num_coin_days"].value, made["num_trials"].value) == (2, 3)
    assert "3 settings were tried" in page(settings, str(made["page"].value)).text


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"first_day": str(LAST), "last_day": str(FIRST)}, "is after the last one"),
        ({"first_day": "yesterday", "last_day": str(LAST)}, "'yesterday' is not a day"),
        ({"first_day": str(FIRST), "last_day": str(LAST), "coins": ["NOPE"]}, "NOPE is not in the universe"),
        ({"first_day": str(FIRST), "last_day": str(newest_complete_day(SystemClock()) + timedelta(1))}, "not over yet"),
    ],
)
def test_what_cannot_be_walked_fails_with_a_sentence_and_is_not_tried_again(
    instance: DagsterInstance, settings: Settings, config: dict[str, object], sentence: str
) -> None:
    result = launch(instance, settings, **config)

    (failure,) = (event for event in result.all_events if event.is_step_failure)
    assert sentence in str(failure.step_failure_data.error)
    assert failure.step_failure_data.user_failure_data is not None


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        (f"/backtests/{LAST}/{FIRST}", 404, "is after the last one"),
        (f"/backtests/{FIRST}/{LAST}?trials=none", 404, "'none' is not a number of settings"),
        (f"/backtests/{FIRST}/{LAST}?coins=NOPE", 404, "NOPE is not in the universe"),
        ("/backtests/1990-01-01/2024-01-01", 404, "are more than the 4,000 that are read for a page"),
        ("/backtests/2023-01-01/2023-01-02", 503, "nothing forecast these coins"),
    ],
)
def test_a_page_that_cannot_be_made_is_one_sentence(
    walked: ExecuteInProcessResult, settings: Settings, path: str, status: int, sentence: str
) -> None:
    answer = page(settings, f"{PATH}{path}")

    assert (answer.status, answer.text.count("\n")) == (status, 1)
    assert sentence in answer.text
