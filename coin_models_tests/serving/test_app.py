"""The routes: what is answered, with which status, and to whom."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from coin_models.errors import (
    CandlesRejected,
    CandlesTooOld,
    CoinModelsError,
    ModelDamaged,
    RegistryError,
    SourceUnavailable,
    UsageError,
)
from coin_models.pipeline.forecast import forecast_now
from coin_models.serving.app import status_of
from coin_models_tests.pipeline.prepared_services import NOW, LiveSource, ServicesInMemory, services_in_memory
from coin_models_tests.registry import builders
from coin_models_tests.serving.served import TOKEN, Client, application, client, clock_of, refreshed

BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[ServicesInMemory]:
    with services_in_memory(tmp_path) as made:
        made.publish("BTC")
        yield made


def rows(*, minutes_ago: int = 0) -> list[list[float]]:
    """A caller's candles, the last of which closed so long ago."""
    candles = builders.candles(12 * 288, first=NOW.date() - timedelta(days=9))
    closed = candles.closed_by(NOW - timedelta(minutes=minutes_ago))
    return [[float(ms), *values] for ms, values in zip(closed.open_time_ms, closed.ohlcv.tolist(), strict=True)]


def test_a_forecast_is_what_predict_prints_with_both_ages(services: ServicesInMemory) -> None:
    clock_of(services).advance(timedelta(seconds=90))
    answer = client(services).get("/forecasts/btc")

    expected: dict[str, Any] = forecast_now(services, "BTC").to_json()
    assert answer.status_code == 200
    assert answer.json() == expected | {
        name: str(expected[name]).replace("+00:00", "Z") for name in ("made_at", "valid_until")
    }
    assert (answer.json()["candles_age_seconds"], answer.json()["model_age_days"]) == (90.0, 1)


def test_all_forecasts_come_with_what_failed(services: ServicesInMemory) -> None:
    every, some = client(services).get("/forecasts"), client(services).get("/forecasts?coins=btc, BTC/USDT")

    assert [one["coin"] for one in every.json()["forecasts"]] == ["BTC"]
    assert [(one["coin"], one["is_stale"]) for one in every.json()["failures"]] == [("ETH", False)]
    assert ([one["coin"] for one in some.json()["forecasts"]], some.json()["failures"]) == (["BTC"], [])


def test_candles_older_than_two_candles_are_refused_for_now(services: ServicesInMemory) -> None:
    asked = client(services)
    assert asked.get("/forecasts/BTC").status_code == 200
    assert isinstance(services.prepared, LiveSource)
    services.prepared.errors["BTC"] = SourceUnavailable("the exchange does not answer")
    clock_of(services).advance(timedelta(minutes=10, seconds=1))

    answer = asked.get("/forecasts/BTC")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "10 min ago; a forecast from there is out of date. It is refused" in answer.json()["detail"]
    assert "--allow-stale" not in answer.text
    assert asked.get("/forecasts").json()["failures"][0]["is_stale"] is True


def test_a_callers_own_candles_are_forecast_as_the_model_does(services: ServicesInMemory) -> None:
    answer = client(services).post("/forecasts/BTC", content={"candles": rows()})

    model = refreshed(services).forecaster.in_use.models["BTC"].model
    assert answer.status_code == 200, answer.text
    assert answer.json()["prices"] == {str(level): price for level, price in model.predict(rows()).prices.items()}


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"candles": rows(minutes_ago=15)}, 409, "15 min ago; a forecast from there is out of date"),
        ({"candles": rows(minutes_ago=-5)}, 422, "leave out the candle that still forms"),
        ({"candles": rows()[-100:]}, 422, "no forecast from these 100 candles"),
        ({"candles": [*rows()[:-1], [rows()[-1][0], 1.0, 2.0, 3.0, 4.0, 5.0]]}, 422, "high"),
    ],
    ids=["old", "forming", "few", "impossible"],
)
def test_candles_that_cannot_be_forecast_are_refused_in_one_sentence(
    services: ServicesInMemory, body: dict[str, object], status: int, sentence: str
) -> None:
    answer = client(services).post("/forecasts/BTC", content=body)

    assert answer.status_code == status, answer.text
    assert sentence in answer.json()["detail"]
    assert answer.json()["detail"].count("\n") == 0


def test_a_body_of_another_form_is_refused_with_the_place(services: ServicesInMemory) -> None:
    answer = client(services).post("/forecasts/BTC", content={"candles": [[1, 2]]})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:3] == ["body", "candles", 0]


@pytest.mark.parametrize("path", ["/forecasts/ETH", "/forecasts/NOPE"])
def test_a_coin_that_nothing_forecasts_is_not_there(services: ServicesInMemory, path: str) -> None:
    answer = client(services).get(path)

    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("nothing forecasts ")


@pytest.mark.parametrize("path", ["/forecasts", "/forecasts/BTC", "/metrics"])
def test_without_the_token_only_health_and_the_documentation_are_answered(
    services: ServicesInMemory, path: str
) -> None:
    asked = client(services, token=TOKEN)

    for headers in ({}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {TOKEN}"}):
        answer = asked.get(path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert TOKEN not in answer.text
    assert asked.get(path, headers=BEARER).status_code == 200
    assert [asked.get(open_path).status_code for open_path in ("/health", "/docs", "/openapi.json")] == [200] * 3


def test_another_host_and_another_page_are_refused(services: ServicesInMemory) -> None:
    app = application(services, refreshed(services))

    def status(host: str, **headers: str) -> int:
        return Client(app, host).get("/forecasts/BTC", headers=headers).status_code

    assert (status("127.0.0.1:8000"), status("api.example.org")) == (200, 200)
    assert status("evil.example") == 403
    assert status("127.0.0.1:8000", Origin="http://evil.example") == 403


def test_health_says_what_is_served_and_that_nothing_is(services: ServicesInMemory, tmp_path: Path) -> None:
    content = client(services).get("/health").json()
    with services_in_memory(tmp_path / "empty") as empty:
        without = client(empty).get("/health")

    assert (content["status"], content["coins"], content["without_model"]) == ("ok", 1, 1)
    assert (without.status_code, without.json()["status"]) == (503, "no models")


def test_the_homes_figures_are_for_prometheus(services: ServicesInMemory) -> None:
    answer = client(services).get("/metrics")

    assert (answer.text, answer.headers["content-type"]) == (
        "coin_models_coins 2\n",
        "text/plain; version=0.0.4; charset=utf-8",
    )


@pytest.mark.parametrize(
    ("error", "by_get", "by_post"),
    [
        (CandlesTooOld(""), 503, 409),
        (CandlesRejected(""), 503, 422),
        (UsageError(""), 503, 422),
        (SourceUnavailable(""), 503, 503),
        (ModelDamaged(""), 503, 503),
        (RegistryError(""), 404, 404),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, CoinModelsError) else "",
)
def test_a_status_says_whose_fault_it_is(error: CoinModelsError, by_get: int, by_post: int) -> None:
    assert (status_of(error, "GET"), status_of(error, "POST")) == (by_get, by_post)
