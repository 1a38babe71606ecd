"""`models`, before and after something was published."""

from pathlib import Path

import pytest

from coin_models_tests.cli.running import coin_models, make_home
from coin_models_tests.cli.traded_homes import make_traded_home, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_traded_home(tmp_path_factory.mktemp("traded"))


def test_models_of_an_empty_registry(tmp_path: Path) -> None:
    make_home(tmp_path)
    listed = coin_models(tmp_path, "models", "list", "--json")
    shown = coin_models(tmp_path, "models", "show", "BTC", "--day", "2024-08-15")
    verified = coin_models(tmp_path, "models", "verify", "--json")

    assert (listed.code, listed.json()) == (0, [])
    assert (shown.code, shown.stdout) == (1, "")
    assert "no model of BTC is published for 2024-08-15" in shown.stderr
    assert (verified.code, verified.json()) == (
        0,
        {"checked": 0, "problems": [], "forecast_days_checked": 0, "forecast_problems": [], "recomputed": []},
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["promote", "NOPE"], 2, "NOPE is not in the universe (BTC, ETH)"),
        (["promote", "ETH"], 1, "no model of ETH is published"),
        (["rollback", "ETH"], 1, "ETH has no champion to roll back"),
        (["show", "ETH"], 1, "no model of ETH is published; `coin-models models list` shows the published ones"),
        (["list", "--day", "2024-8-x"], 2, "--day '2024-8-x' is not a date"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_one_sentence(folder: Path, arguments: list[str], code: int, message: str) -> None:
    ran = run(folder, "models", *arguments)

    assert (ran.code, ran.stdout) == (code, "")
    assert message in ran.text
    assert len(ran.stderr.splitlines()) == 1


def test_a_coin_without_a_version_is_refused_with_the_coins_that_have_one(folder: Path) -> None:
    ran = run(folder, "models", "list", "--coins", "btc,NOPE")

    assert ran.code == 1
    assert "no model of NOPE is published, but of " in ran.text


def test_versions_are_listed_newest_first_and_those_beyond_the_limit_are_counted(folder: Path) -> None:
    ran = run(folder, "models", "list", "--limit", "2")

    # Three versions: of the day before the first day, of the first and of the second.
    names = [line.split()[0] for line in ran.stdout.splitlines()]
    assert [name[:14] for name in names] == ["BTC-2024-08-11", "BTC-2024-08-10", "3"]
    assert "3 version(s), 1 more (--limit)" in ran.stdout


def test_a_version_is_shown_with_its_settings_and_the_digests_of_its_candles_and_weights(folder: Path) -> None:
    content = run(folder, "models", "show", "btc", "--day", "2024-08-10", "--json").json()

    assert (content["coin"], content["day"], content["candle_digest"]) == ("BTC", "2024-08-10", "c" * 64)
    assert content["settings"] == {"training": {"epochs": 6}}
    assert len(content["weights_sha256"]) == 64


def test_a_version_is_shown_by_the_name_that_the_list_prints_a_line_a_value(folder: Path) -> None:
    name = run(folder, "models", "list", "--limit", "1").stdout.split()[0]

    shown = [line.split() for line in run(folder, "models", "show", name).stdout.splitlines()]

    assert shown[0] == ["id", name]
    assert ["epochs", "6"] in shown  # of the settings, whose other values follow below one another


def test_every_version_is_checked(folder: Path) -> None:
    ran = run(folder, "models", "verify")

    assert (ran.code, ran.stdout) == (
        0,
        "3 version(s) checked, 0 with a problem\n2 coin-day(s) of forecasts checked, 0 with a problem\n",
    )


def test_promoted_by_hand_and_rolled_back_by_hand(folder: Path) -> None:
    listed = [row["id"] for row in run(folder, "models", "list", "--json").json()]

    promoted = run(folder, "models", "promote", listed[1], "--reason", "I trust it", "--json").json()
    rolled_back = run(folder, "models", "rollback", "BTC")

    assert (promoted[0]["champion"], promoted[0]["reason"]) == (listed[1], "I trust it")
    assert rolled_back.code == 0
    assert f"BTC is forecast by {promoted[0]['before']} after 2024-08-11, before {listed[1]}" in rolled_back.text
