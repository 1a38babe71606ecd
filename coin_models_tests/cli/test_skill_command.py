"""`skill`, over a home with a few days of rows."""

from pathlib import Path

import pytest

from coin_models_tests.cli.running import coin_models, make_home
from coin_models_tests.cli.traded_homes import make_traded_home, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_traded_home(tmp_path_factory.mktemp("traded"))


def test_it_shows_the_recorded_days_of_each_coin(folder: Path) -> None:
    ran = run(folder, "skill")

    assert ran.code == 0
    assert "out-of-sample skill, 2024-07-13 to 2024-08-11" in ran.stdout
    assert "too few" in next(line for line in ran.stdout.splitlines() if line.startswith("BTC"))


def test_json_is_alone_on_stdout_and_coins_are_read_in_any_spelling(folder: Path) -> None:
    content = run(folder, "skill", "--coins", "btc/usdt", "--last", "7", "--json").json()

    assert (content["first"], content["last"]) == ("2024-08-05", "2024-08-11")
    assert [line["name"] for line in content["coins"]] == ["BTC"]


def test_a_coin_without_a_day_is_a_sentence(folder: Path) -> None:
    ran = run(folder, "skill", "--coins", "NOPE")

    assert (ran.code, ran.stdout) == (1, "")
    assert "no out-of-sample day of NOPE is recorded" in ran.text


def test_an_empty_list_of_coins_is_not_all_of_them(folder: Path) -> None:
    ran = run(folder, "skill", "--coins", " ,")

    assert (ran.code, ran.stdout) == (2, "")
    assert "--coins ' ,' names no coin" in ran.text


def test_before_the_first_day_it_says_when_there_is_one(tmp_path: Path) -> None:
    make_home(tmp_path)

    ran = coin_models(tmp_path, "skill")

    assert (ran.code, ran.stdout) == (1, "")
    assert "no out-of-sample day is recorded yet" in ran.text
