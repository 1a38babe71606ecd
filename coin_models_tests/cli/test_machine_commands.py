"""`settings`: every setting with its value and where it comes from."""

from pathlib import Path

from coin_models_tests.cli.running import coin_models


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
