"""Notices from signals, files and metadata services, all through one monitor."""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

import pytest

from coin_models.clock import FixedClock
from coin_models.settings.operations import InterruptionSettings
from coin_models.training.interruption.preemption import PreemptionMonitor, PreemptionNotice
from coin_models.training.interruption.providers import AwsMetadata, GcpMetadata, NoticeFile, build_preemption_monitor

NOW = datetime(2024, 6, 2, 2, 0, tzinfo=UTC)
SETTINGS = InterruptionSettings(grace_seconds=5.0, poll_seconds=0.01)


class Metadata:
    """A loopback metadata service: answers by method and path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], tuple[int, str]] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        metadata = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                metadata.asked.append((self.command, self.path, dict(self.headers)))
                status, body = metadata.answers.get((self.command, self.path), (404, "not found"))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_PUT = _answer  # noqa: N815 - the base class looks for these names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                pass

        return Handler


@pytest.fixture
def metadata() -> Iterator[Metadata]:
    service = Metadata()
    yield service
    service.close()


def test_sigterm_is_notice_and_the_handler_before_comes_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    board = PreemptionMonitor(SETTINGS, clock=FixedClock(NOW))

    with board:
        os.kill(os.getpid(), signal.SIGTERM)
        notice = board.received()

    assert notice == PreemptionNotice(source="SIGTERM", at=NOW, grace_seconds=5.0)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_does_not_change_the_first_notice() -> None:
    clock = FixedClock(NOW)
    board = PreemptionMonitor(SETTINGS, clock=clock)

    with board:
        os.kill(os.getpid(), signal.SIGTERM)
        clock.advance(timedelta(seconds=3))
        os.kill(os.getpid(), signal.SIGINT)

    assert board.received() == PreemptionNotice(source="SIGTERM", at=NOW, grace_seconds=5.0)
    assert board.remaining_seconds() == 2.0


def test_signals_that_somebody_took_are_taken_back_and_given_back_as_they_were_at_first() -> None:
    before = signal.getsignal(signal.SIGTERM)
    taken = []

    def taker(number: int, frame: FrameType | None) -> None:
        taken.append(number)

    board = PreemptionMonitor(SETTINGS, clock=FixedClock(NOW))
    with board:
        signal.signal(signal.SIGTERM, taker)
        board.claim_signals()
        os.kill(os.getpid(), signal.SIGTERM)

    assert board.received() is not None
    assert taken == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_grace_runs_out_and_never_below_zero() -> None:
    notice = PreemptionNotice(source="test", at=NOW, grace_seconds=5.0)

    assert notice.remaining_seconds(NOW + timedelta(seconds=2)) == 3.0
    assert notice.remaining_seconds(NOW + timedelta(seconds=9)) == 0.0


@pytest.mark.parametrize(("content", "grace"), [("", 5.0), ("30", 30.0), ("soon", 5.0)])
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


class Unreachable:
    """A source that cannot be asked."""

    name = "nowhere"

    def __init__(self) -> None:
        self.looks = 0

    def look(self) -> PreemptionNotice | None:
        self.looks += 1
        raise ConnectionRefusedError("connection refused")


def test_a_source_that_cannot_be_asked_is_said_once_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    source = Unreachable()

    with caplog.at_level(logging.WARNING), PreemptionMonitor(SETTINGS, [source]):
        deadline = time.monotonic() + 10.0
        while source.looks < 3 and time.monotonic() < deadline:
            time.sleep(0.005)

    assert source.looks >= 3
    assert caplog.text.count("nowhere cannot be polled for a preemption notice") == 1
