"""`coin-models metrics`: to the terminal, or whole into a file that another user may read."""

import stat
from pathlib import Path

import pytest

from coin_models.cli.metrics_command import parse_address
from coin_models.errors import UsageError
from coin_models_tests.cli.running import coin_models, make_home


def test_they_are_printed_or_written_whole_into_a_file(tmp_path: Path) -> None:
    make_home(tmp_path)
    file = tmp_path / "collector" / "coin_models.prom"
    file.parent.mkdir()

    printed, written = coin_models(tmp_path, "metrics"), coin_models(tmp_path, "metrics", "--output", str(file))

    assert (printed.code, written.code, written.stdout) == (0, 0, "")
    assert "# TYPE coin_models_coins gauge" in printed.stdout
    assert file.read_text().splitlines()[:3] == printed.stdout.splitlines()[:3]
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    make_home(tmp_path)

    ran = coin_models(tmp_path, "metrics", "--output", str(tmp_path / "none" / "x.prom"))

    assert (ran.code, "could not write" in ran.stderr) == (2, True)


def test_two_ways_at_once_are_refused(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "metrics", "--output", "x", "--listen", "127.0.0.1:9464")

    assert (ran.code, "exclude each other" in ran.text) == (2, True)


@pytest.mark.parametrize("text", ["9464", "127.0.0.1", "127.0.0.1:0", "host:99999", ":80", "host:x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"such as 127\.0\.0\.1:9464"):
        parse_address(text)


def test_addresses_of_both_kinds_are_read() -> None:
    assert (parse_address("127.0.0.1:9464"), parse_address("[::1]:80")) == (("127.0.0.1", 9464), ("::1", 80))
