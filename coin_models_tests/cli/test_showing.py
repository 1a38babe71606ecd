"""The commands that show: settings, status, models, predict, before anything was trained."""

from pathlib import Path

from coin_models_tests.cli.running import coin_models, make_home


def test_settings_show_value_origin_and_description_with_secrets_masked(tmp_path: Path) -> None:
    ran = coin_models(
        tmp_path, "settings", "--json", toml="quote = 'USDC'", source="demo", database_url="postgresql://me:hunter2@h/n"
    )
    rows = {row["name"]: (row["value"], row["origin"]) for row in ran.json()}

    assert ran.code == 0
    assert rows["quote"] == ("USDC", "coin_models.toml")
    assert rows["database_url"] == ("**********", "COIN_MODELS_DATABASE_URL")
    assert rows["timeframe"] == ("5m", "default")


def test_settings_as_a_table_name_every_setting(tmp_path: Path) -> None:
    names = [row["name"] for row in coin_models(tmp_path, "settings", "--json").json()]
    table = coin_models(tmp_path, "settings").stdout

    assert len(names) > 90
    assert [name for name in names if name not in table] == []


def test_status_of_a_fresh_home_says_that_everything_is_missing(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "status", "--last", "2", "--coins", "BTC,ETH", "--json")
    found = ran.json()

    assert ran.code == 0
    assert list(found["coins"]) == ["BTC", "ETH"]
    assert {cell["state"] for days in found["coins"].values() for cell in days.values()} == {"missing"}
    assert len(found["days"]) == 2
    assert found["attempts"] == []


def test_status_of_one_day_shows_that_day_alone(tmp_path: Path) -> None:
    make_home(tmp_path)
    found = coin_models(tmp_path, "status", "--day", "2024-08-15", "--json").json()

    assert found["days"] == ["2024-08-15"]


def test_status_says_what_to_do_when_nothing_was_tried(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "status")

    assert "`coin-models retrain` trains what is missing" in ran.text


def test_models_of_an_empty_registry(tmp_path: Path) -> None:
    make_home(tmp_path)
    listed = coin_models(tmp_path, "models", "list", "--json")
    shown = coin_models(tmp_path, "models", "show", "BTC", "--day", "2024-08-15")
    verified = coin_models(tmp_path, "models", "verify", "--json")

    assert (listed.code, listed.json()) == (0, [])
    assert (shown.code, shown.stdout) == (1, "")
    assert "no model of BTC is published for 2024-08-15" in shown.stderr
    assert (verified.code, verified.json()) == (0, {"checked": 0, "problems": [], "recomputed": []})


def test_predict_without_a_champion_says_how_to_get_one(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "predict", "btc", "--json")

    assert (ran.code, ran.stdout) == (1, "")
    assert "BTC has no champion" in ran.stderr
    assert "coin-models retrain" in ran.stderr
