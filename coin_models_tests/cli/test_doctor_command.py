"""`doctor` as a person reads it: a line for each check, and below it what to do."""

from pathlib import Path

from coin_models_tests.cli.running import coin_models


def test_each_check_is_a_line_and_advice_stands_below_what_needs_it(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "doctor")

    lines = ran.stdout.splitlines()
    number = next(number for number, line in enumerate(lines) if line.startswith("warning dagster daemon"))
    assert ran.code == 0
    assert any(line.startswith("ok      disk ") for line in lines)
    assert lines[number + 1].lstrip().startswith("\u2192 ")
    assert "coin-models ui" in lines[number + 1]


def test_wrong_settings_are_the_only_line_with_what_is_wrong_and_where_to_look(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "doctor", timeframe="7m")

    assert ran.code == 1
    assert ran.stdout.startswith("error   settings ")
    assert "7m" in ran.stdout
    assert "docs/settings.md lists every setting" in ran.stdout
    assert "disk" not in ran.stdout
