"""The pages below `/reports`: answers, refusals and the header that lets nothing in from elsewhere."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from coin_models.defs.links import PATH
from coin_models.defs.report_server import report_routes
from coin_models.defs.request_guard import RequestGuard
from coin_models.settings.root import Settings
from coin_models_tests.defs.asgi import Answer, get
from coin_models_tests.pipeline.trading_days import TradingWorld


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    world = TradingWorld(tmp_path_factory.mktemp("served") / "home", num_days=1, significance=0.0025)
    world.chain(world.days[0])
    world.services.close()
    return world.services.settings


def ask(settings: Settings, path: str, **headers: str) -> Answer:
    app = Starlette(
        routes=[Mount(PATH, routes=report_routes(settings))], middleware=[Middleware(RequestGuard, hosts=[])]
    )
    return get(app, f"{PATH}{path}", **headers)


@pytest.mark.parametrize(
    ("path", "words"), [("/", "Leaderboard"), ("/2024-08-10", "All days and coins"), ("/coins/btc", "Skill by week")]
)
def test_each_page_is_there_and_may_fetch_nothing(settings: Settings, path: str, words: str) -> None:
    answer = ask(settings, path)

    assert (answer.status, words in answer.text) == (200, True)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/2024-01-01", "there is no report of 2024-01-01"),
        ("/yesterday", "'yesterday' is not a day such as 2024-08-15"),
        ("/coins/NOPE", "NOPE is not in the universe"),
    ],
)
def test_what_is_not_there_is_one_sentence(settings: Settings, path: str, sentence: str) -> None:
    answer = ask(settings, path)

    assert (answer.status, answer.text.count("\n")) == (404, 1)
    assert sentence in answer.text


def test_a_home_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    answer = ask(Settings(home=tmp_path / "none"), "/")

    assert (answer.status, answer.text.count("\n")) == (503, 1)


def test_another_host_is_refused_at_the_same_door(settings: Settings) -> None:
    assert ask(settings, "/", host="evil.example").status == 403
