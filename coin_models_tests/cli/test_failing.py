"""What a failing command leaves: a worker tells it once and holds no coin-day back; misuse of the command line tells nothing.

The planted causes of `retrain` are in pipeline/test_command_failure.py.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coin_models.cli.failing import load_settings_or_tell, recorded_if_it_fails, told_if_it_fails
from coin_models.errors import BrokerUnavailable, OtherMarket, SettingsError, UsageError
from coin_models.pipeline.services import open_services
from coin_models.settings.load import load_settings
from coin_models_tests.reporting.notifications.conftest import Collector
from coin_models_tests.settings.environments import environment


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Collector]:
    """What was sent by the settings of this folder."""
    with (
        closing(Collector()) as collector,
        environment(tmp_path, {"COIN_MODELS_NOTIFY_URLS": f"json://127.0.0.1:{collector.port}/"}),
    ):
        yield collector


def test_a_worker_that_fails_is_told_once_and_leaves_no_attempt(channel: Collector) -> None:
    settings = load_settings()
    with open_services(settings, create=True) as services:
        for _ in range(2):
            with pytest.raises(BrokerUnavailable), told_if_it_fails(settings):
                raise BrokerUnavailable("the broker is silent")
        day = services.clock.now().date()

        assert services.attempts.between(day, day) == []
    assert ["the broker is silent" in str(body["message"]) for body in channel.bodies] == [True]


def test_a_home_that_is_not_the_one_meant_is_told_and_not_written_to(channel: Collector) -> None:
    settings = load_settings()
    with pytest.raises(OtherMarket), recorded_if_it_fails(settings, None):
        raise OtherMarket("it holds another market")

    assert ["it holds another market" in str(body["message"]) for body in channel.bodies] == [True]
    assert not settings.home.exists()


def test_misuse_of_the_command_line_is_sends_no_message(channel: Collector) -> None:
    settings = load_settings()
    for context in (told_if_it_fails(settings), recorded_if_it_fails(settings, None)):
        with pytest.raises(UsageError), context:
            raise UsageError("--day is not a date")

    assert channel.bodies == []


def test_settings_that_are_refused_are_told_once(
    tmp_path: Path, channel: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COIN_MODELS_TRAINING_EPOCHS", "none")
    for _ in range(2):
        with pytest.raises(SettingsError, match=r"training\.epochs"):
            load_settings_or_tell()

    assert ["training.epochs" in str(body["message"]) for body in channel.bodies] == [True]
