"""`notify`: a test message, and how the channels are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from coin_models_tests.cli.running import Ran, coin_models, make_home
from coin_models_tests.reporting.notifications.conftest import Collector


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.close()


def _notify(folder: Path, command: str, collector: Collector) -> Ran:
    return coin_models(folder, "notify", command, notify_urls=f"json://127.0.0.1:{collector.port}/secret-path")


def test_a_test_message_arrives_and_the_channel_is_well(tmp_path: Path, collector: Collector) -> None:
    make_home(tmp_path)
    sent, status = _notify(tmp_path, "test", collector), _notify(tmp_path, "status", collector)

    assert (sent.code, status.code) == (0, 0)
    assert "1 message(s) delivered to 1 channel(s)" in sent.text
    assert [body["title"] for body in collector.bodies] == ["A test of coin_models"]
    assert "channel 1 (json) well" in status.text


def test_a_channel_that_takes_nothing_is_named_without_its_secrets(tmp_path: Path, collector: Collector) -> None:
    collector.is_down = True
    make_home(tmp_path)
    sent = _notify(tmp_path, "test", collector)
    status = _notify(tmp_path, "status", collector)

    assert sent.code == 1
    assert "channel 1 (json) refused a message" in sent.text
    assert "secret-path" not in sent.text + status.text
