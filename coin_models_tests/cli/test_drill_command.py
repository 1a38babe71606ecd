"""`drill`: what cannot be drilled is refused before anything is started."""

from pathlib import Path

import pytest

from coin_models_tests.cli.running import coin_models


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mode", "sigstop"], "--mode 'sigstop' is not one of sigkill, sigterm, mixed"),
        (["--daemon", "--stack"], "leave out --stack and --mode sigterm"),
        (["--daemon", "--mode", "sigterm"], "leave out --stack and --mode sigterm"),
        (["--daemon", "--workers", "2"], "--daemon drills one host and three days; leave out --workers and --days"),
        (["--daemon", "--days", "2"], "--daemon drills one host and three days; leave out --workers and --days"),
        (["--kills", "0"], "Invalid value for '--kills'"),
        (["--coins", "21"], "Invalid value for '--coins'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_of_the_drill_is_a_sentence_and_exit_code_2(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    ran = coin_models(tmp_path, "drill", *arguments)

    assert ran.code == 2
    assert message in ran.text
    assert list(tmp_path.iterdir()) == []


def test_a_folder_to_keep_must_be_empty_and_what_is_in_it_stays(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "notes.txt").write_text("mine")

    ran = coin_models(tmp_path, "drill", "--keep", str(kept))

    assert ran.code == 2
    assert f"--keep {kept}: the folder is not empty; name a new one" in ran.text
    assert (kept / "notes.txt").read_text() == "mine"
