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


def test_without_a_home_there_are_no_errors_and_none_is_made(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "doctor", "--json")
    findings = {finding["check"]: finding for finding in ran.json()}

    assert ran.code == 0
    assert set(findings) == {
        *(
            "settings",
            "permissions",
            "disk",
            "database",
            "store",
            "identity",
            "clock",
            "candles",
            "device",
            "quarantine",
            "notifications",
        ),
        *("dagster home", "dagster daemon", "automation"),
    }
    assert [name for name, finding in findings.items() if finding["level"] == "error"] == []
    assert findings["dagster daemon"]["level"] == "warning"
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_are_a_finding_and_exit_code_1(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "doctor", "--json", timeframe="7m")

    assert ran.code == 1
    assert [(finding["check"], finding["level"]) for finding in ran.json()] == [("settings", "error")]


def test_a_store_that_cannot_be_used_hides_no_other_check(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = coin_models(tmp_path, "doctor", "--json", store_url=str(tmp_path / "file"))
    levels = {finding["check"]: finding["level"] for finding in ran.json()}

    assert ran.code == 1
    assert (levels["store"], levels["candles"], levels["automation"]) == ("error", "ok", "ok")


def test_a_folder_of_candles_that_is_not_there_is_an_error_with_its_path(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "doctor", "--json", source="files", market_files_path="nowhere")
    (finding,) = [finding for finding in ran.json() if finding["check"] == "candles"]

    assert ran.code == 1
    assert finding["level"] == "error"
    assert "nowhere cannot be read" in finding["text"]
