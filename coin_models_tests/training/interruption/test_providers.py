"""Notices of files and of metadata services."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coin_models.clock import FixedClock
from coin_models.settings.operations import InterruptionSettings
from coin_models.training.interruption.preemption import PreemptionMonitor, PreemptionNotice
from coin_models.training.interruption.providers import AwsMetadata, GcpMetadata, NoticeFile, build_preemption_monitor
from coin_models_tests.training.interruption.metadata_service import Metadata

NOW = datetime(2024, 6, 2, 2, 0, tzinfo=UTC)
SETTINGS = InterruptionSettings(grace_seconds=5.0, poll_seconds=0.01)


@pytest.mark.parametrize(("content", "grace"), [("", 5.0), ("30", 30.0), ("soon", 5.0), ("²", 5.0)])
def test_a_notice_file_is_notice_with_its_number_as_grace(content: str, grace: float, tmp_path: Path) -> None:
    path = tmp_path / "notice"
    source = NoticeFile(path, 5.0, FixedClock(NOW))
    before = source.look()
    path.write_text(content)

    assert before is None
    assert source.look() == PreemptionNotice(source="notice file", at=NOW, grace_seconds=grace)


def test_aws_tells_when_the_instance_ends(metadata: Metadata) -> None:
    metadata.answers["PUT", "/latest/api/token"] = (200, "TOKEN")
    source = AwsMetadata(metadata.url, FixedClock(NOW))
    before = source.look()
    metadata.answers["GET", "/latest/meta-data/spot/instance-action"] = (
        200,
        '{"action": "terminate", "time": "2024-06-02T02:02:00Z"}',
    )

    notice = source.look()

    assert before is None
    assert notice == PreemptionNotice(source="AWS instance metadata (terminate)", at=NOW, grace_seconds=120.0)
    headers = {name.lower(): value for name, value in metadata.asked[1][2].items()}
    assert headers["x-aws-ec2-metadata-token"] == "TOKEN"


def test_an_aws_token_that_ran_out_is_renewed(metadata: Metadata) -> None:
    metadata.answers["PUT", "/latest/api/token"] = (200, "TOKEN")
    metadata.answers["GET", "/latest/meta-data/spot/instance-action"] = (401, "")
    source = AwsMetadata(metadata.url, FixedClock(NOW))

    source.look()
    source.look()

    assert [method for method, _, _ in metadata.asked] == ["PUT", "GET", "PUT", "GET"]


@pytest.mark.parametrize("body", ["<html>", "[]", '{"action": "stop"}'])
def test_an_answer_that_is_no_instance_action_is_no_notice_but_an_error(body: str, metadata: Metadata) -> None:
    metadata.answers["PUT", "/latest/api/token"] = (200, "TOKEN")
    metadata.answers["GET", "/latest/meta-data/spot/instance-action"] = (200, body)

    with pytest.raises(OSError, match="something other than an instance action"):
        AwsMetadata(metadata.url, FixedClock(NOW)).look()


def test_gcp_tells_that_the_instance_is_preempted(metadata: Metadata) -> None:
    path = "/computeMetadata/v1/instance/preempted"
    metadata.answers["GET", path] = (200, "FALSE")
    source = GcpMetadata(metadata.url, FixedClock(NOW))
    before = source.look()
    metadata.answers["GET", path] = (200, "TRUE")

    notice = source.look()

    assert before is None
    assert notice == PreemptionNotice(source="GCP instance metadata", at=NOW, grace_seconds=30.0)
    assert metadata.asked[0][2]["Metadata-Flavor"] == "Google"


def test_the_board_polls_what_the_settings_name(metadata: Metadata, tmp_path: Path) -> None:
    metadata.answers["GET", "/computeMetadata/v1/instance/preempted"] = (200, "TRUE")
    settings = SETTINGS.model_copy(
        update={"gcp_metadata_url": metadata.url, "notice_file": tmp_path / "never", "grace_seconds": 5.0}
    )

    with build_preemption_monitor(settings, FixedClock(NOW)) as board:
        notice = wait_for_notice(board)

    assert notice is not None
    assert notice.source == "GCP instance metadata"


def wait_for_notice(board: PreemptionMonitor, seconds: float = 10.0) -> PreemptionNotice | None:
    deadline = time.monotonic() + seconds
    while board.received() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    return board.received()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_service_that_gives_no_token_is_an_error_and_its_answer_is_no_token(status: int, metadata: Metadata) -> None:
    metadata.answers["PUT", "/latest/api/token"] = (status, "<html>\nnot here")

    with pytest.raises(OSError, match=f"gives no session token: status {status}"):
        AwsMetadata(metadata.url, FixedClock(NOW)).look()

    assert [method for method, _, _ in metadata.asked] == ["PUT"]


def test_an_address_without_a_host_is_an_error() -> None:
    with pytest.raises(OSError, match="use http://host:port"):
        AwsMetadata("169.254.169.254", FixedClock(NOW)).look()
