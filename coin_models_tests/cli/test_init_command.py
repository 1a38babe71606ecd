"""`coin-models init` writes a file that the next command reads, and changes nothing when it cannot."""

import tomllib
from pathlib import Path

from coin_models_tests.cli.running import coin_models


def test_the_file_is_what_the_next_command_reads(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "init", "--yes", "--exchange", "kraken", "--coins", "BTC,ETH", "--quote", "USD")
    shown = coin_models(tmp_path, "settings", "--changed", "--json")

    assert f"wrote {tmp_path / 'coin_models.toml'}" in ran.text
    assert (tmp_path / "coin_models.toml").stat().st_mode & 0o777 == 0o600
    changed = {row["name"]: row["value"] for row in shown.json() if row["origin"] == "coin_models.toml"}
    assert changed["universe"] == "BTC,ETH"
    assert changed["market.exchange"] == "kraken"
    assert (changed["source"], changed["quote"]) == ("exchange", "USD")


def test_the_demo_market_is_ready_to_retrain(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "init", "--yes")

    assert ran.code == 0
    assert "next: coin-models retrain" in ran.text


def test_a_file_that_exists_is_kept_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "coin_models.toml"
    path.write_text('source = "demo"\n', encoding="utf-8")

    refused = coin_models(tmp_path, "init", "--yes", "--coins", "BTC")
    replaced = coin_models(tmp_path, "init", "--yes", "--coins", "BTC", "--replace")

    assert (refused.code, replaced.code) == (2, 0)
    assert "exists; edit it, or give --replace" in refused.stderr
    assert tomllib.loads(path.read_text(encoding="utf-8"))["universe"] == ["BTC"]


def test_without_a_terminal_nothing_is_asked(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "init")

    assert ran.code == 2
    assert "stdin is not a terminal" in ran.stderr
    assert not (tmp_path / "coin_models.toml").exists()


def test_an_impossible_combination_leaves_no_file(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "init", "--yes", "--exchange", "kraken", "--timeframe", "4h")

    assert ran.code == 2
    assert "problem(s) in the settings" in ran.stderr
    assert not (tmp_path / "coin_models.toml").exists()


def test_a_variable_that_wins_over_the_file_is_named(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "init", "--yes", "--coins", "BTC", universe="ETH")

    assert "COIN_MODELS_UNIVERSE is set, and wins over universe of the file" in ran.text


def test_the_channel_is_in_the_file_alone(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "init", "--yes", "--notify", "json://user:hush@127.0.0.1/x")

    assert "hush" not in ran.text
    assert "hush" in (tmp_path / "coin_models.toml").read_text(encoding="utf-8")
