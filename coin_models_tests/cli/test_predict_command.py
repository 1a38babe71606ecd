"""`predict` of a coin, of several and of all."""

from pathlib import Path

import pytest

from coin_models_tests.cli.running import coin_models, make_home
from coin_models_tests.cli.traded_homes import make_traded_home, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_traded_home(tmp_path_factory.mktemp("traded"))


def test_predict_without_a_champion_says_how_to_get_one(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "predict", "btc", "--json")

    assert (ran.code, ran.stdout) == (1, "")
    assert "nothing forecasts BTC: it has no champion" in ran.stderr
    assert "coin-models retrain" in ran.stderr


def test_a_coin_is_forecast_with_the_ages_of_candles_and_model(folder: Path) -> None:
    ran = run(folder, "predict", "btc")

    assert ran.code == 0, ran.text
    assert "of the price at" in ran.text
    assert "the newest candle closed" in ran.text


def test_a_plot_of_one_coin_has_what_was_forecast_and_what_followed(folder: Path) -> None:
    ran = run(folder, "predict", "btc", "--plot")

    assert ran.code == 0, ran.text
    assert "outcomes within the 80% interval" in ran.text
    assert "░" in ran.stdout
    assert max(map(len, ran.stdout.splitlines()[8:])) <= 80


@pytest.mark.parametrize("arguments", [("--all", "--plot"), ("btc", "--plot", "--json")])
def test_a_plot_of_several_coins_or_as_json_is_refused(folder: Path, arguments: tuple[str, ...]) -> None:
    ran = run(folder, "predict", *arguments)

    assert ran.code == 2
    assert "--plot draws one coin" in ran.stderr


def test_a_horizon_that_the_model_does_not_forecast_is_refused_with_those_that_it_does(folder: Path) -> None:
    one, several, plotted = (
        run(folder, "predict", *arguments)
        for arguments in (
            ("btc", "--horizon", "4h"),
            ("--coins", "btc", "--horizon", "4h"),
            ("btc", "--horizon", "4h", "--plot"),
        )
    )

    assert (one.code, several.code, plotted.code) == (2, 2, 2)
    assert "forecasts 1h ahead, not 4h" in " ".join(one.stderr.split())
    assert several.stderr == one.stderr
    assert "leave out --horizon or --plot" in plotted.stderr


def test_what_could_not_be_forecast_is_listed_and_the_exit_code_says_so(folder: Path) -> None:
    every, one = run(folder, "predict", "--all"), run(folder, "predict", "--coins", "btc")

    assert (every.code, one.code) == (3, 0), every.text
    assert every.stdout.splitlines()[1].split() == [
        "coin", "price", "10%", "50%", "90%", "until", "(UTC)", "candle", "model", "by"
    ]  # fmt: skip
    assert every.stdout.splitlines()[2].split()[0] == "BTC"
    assert "ETH not forecast: nothing forecasts ETH" in every.text
    assert "1 coin(s) forecast, 1 not, of them 0 stale" in every.text
    assert "1 coin(s) forecast: " in one.text


def test_all_as_json_is_each_forecast_as_it_is_alone_and_each_failure(folder: Path) -> None:
    every, one = run(folder, "predict", "--all", "--json").json(), run(folder, "predict", "BTC", "--json").json()

    aged = {
        "candles_age_seconds",
        "made_at",
        "valid_until",
        "price",
        "prices",
        "returns",
    }  # the demo market goes by the clock
    (forecast,) = every["forecasts"]
    assert {name: forecast[name] for name in forecast if name not in aged} == {
        name: one[name] for name in one if name not in aged
    }
    assert set(forecast) == set(one)
    assert [(failure["coin"], failure["is_stale"]) for failure in every["failures"]] == [("ETH", False)]


def test_where_no_coin_could_be_forecast_the_command_could_not_work(folder: Path) -> None:
    assert run(folder, "predict", "--coins", "ETH").code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give one of: a coin"),
        (["BTC", "--all"], "give one of: a coin"),
        (["--coins", " , "], "--coins ' , ' names no coin"),
        (["--coins", "BTC,BTCC"], "BTCC is not in the universe (BTC, ETH); did you mean BTC?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_misuse_is_one_sentence(folder: Path, arguments: list[str], message: str) -> None:
    ran = run(folder, "predict", *arguments)

    assert (ran.code, ran.stdout) == (2, "")
    assert message in ran.text
    assert len(ran.stderr.splitlines()) == 1
