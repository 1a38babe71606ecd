"""Waits, leases and checkpoints that contradict each other are refused."""

from pathlib import Path

import pytest

from coin_models.settings.operations import InterruptionSettings, OperationsSettings


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"heartbeat_seconds": 60.1}, r"heartbeat_seconds \(60.1\) must be at most half of lease_seconds \(120.0\)"),
        ({"backoff_seconds": 4000.0}, r"backoff_seconds \(4000.0\) must not exceed backoff_max_seconds \(3600.0\)"),
        ({"unavailable_max_seconds": 29.0}, r"unavailable_seconds \(30.0\) must not exceed unavailable_max_seconds"),
    ],
)
def test_waits_that_contradict_each_other_are_refused(change: dict[str, float], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        OperationsSettings(**change)


def test_the_limits_themselves_are_allowed() -> None:
    assert OperationsSettings(heartbeat_seconds=60.0, backoff_seconds=3600.0).lease_seconds == 120.0
    assert InterruptionSettings(checkpoint_min_seconds=10.0).checkpoint_max_seconds == 10.0


def test_the_shortest_time_between_checkpoints_does_not_exceed_the_longest() -> None:
    with pytest.raises(ValueError, match=r"checkpoint_min_seconds \(10.5\) must not exceed"):
        InterruptionSettings(checkpoint_min_seconds=10.5)


def test_a_notice_file_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert InterruptionSettings(notice_file=Path("notice")).notice_file == tmp_path / "notice"


@pytest.mark.parametrize("host", ["http://ui.example.org", "ui.example.org:3000", "*", "*.example.org", "a/b", "-"])
def test_what_is_no_name_of_a_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match=r"ui_hosts: .* are not names of hosts"):
        OperationsSettings(ui_hosts=(host,))
