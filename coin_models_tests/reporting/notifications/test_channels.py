"""Delivery through apprise, over loopback."""

from collections.abc import Callable
from datetime import timedelta

import apprise
import pytest
from apprise.plugins.telegram import NotifyTelegram
from pydantic import SecretStr

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.reporting.notifications.channels import (
    AppriseChannel,
    ChannelError,
    HeartbeatChannel,
    build_channels,
    channel_id,
)
from coin_models.reporting.notifications.delivery import deliver_due
from coin_models.reporting.notifications.messages import (
    DayDigest,
    Severity,
    day_complete,
    day_late,
    interrupted,
    trial_message,
)
from coin_models.reporting.notifications.outbox import Outbox
from coin_models.reporting.notifications.rendering import Rendered, render
from coin_models.settings.costs import NotifySettings
from coin_models_tests.reporting.notifications.conftest import Collector

# apprise imports imghdr, which Python 3.13 no longer has; apprise brings its own there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

MESSAGE = Rendered(title="A <title>", body="1 < 2 & _this_\nsecond line", severity=Severity.WARNING)


def channel(url: str, timeout_seconds: float = 2.0) -> AppriseChannel:
    return AppriseChannel(SecretStr(url), number=1, timeout_seconds=timeout_seconds)


def test_a_message_arrives_as_it_was_written(collector: Collector) -> None:
    channel(f"json://127.0.0.1:{collector.port}/hook").send(MESSAGE)

    (body,) = collector.bodies
    assert (body["title"], body["message"], body["type"]) == (MESSAGE.title, MESSAGE.body, "warning")
    assert collector.paths == ["/hook"]


def test_while_the_server_is_down_messages_wait_and_then_each_arrives_once(
    collector: Collector, database: Database, clock: FixedClock
) -> None:
    settings = NotifySettings(urls=f"json://127.0.0.1:{collector.port}/hook")  # type: ignore[arg-type]
    channels = build_channels(settings)
    outbox = Outbox(database, clock, settings, channels=channels)
    collector.is_down = True
    for name in ("a", "b", "c"):
        outbox.post(trial_message(name))
    outbox.post(day_late(clock.now().date(), missing=["BTC"], deadline="08:00"))

    down = deliver_due(outbox, channels)
    collector.is_down = False
    clock.advance(timedelta(minutes=5))
    up = [deliver_due(outbox, channels) for _ in range(3)]

    assert (down.num_delivered, down.num_failed) == (0, 1)
    assert [report.num_delivered for report in up] == [4, 0, 0]
    assert sorted(str(body["title"]) for body in collector.bodies) == [
        "2025-03-02 is late",
        *["A test of coin_models"] * 3,
    ]


def test_a_burst_of_twenty_interruptions_with_the_server_down_in_its_middle_is_two_messages(
    collector: Collector, database: Database, clock: FixedClock
) -> None:
    settings = NotifySettings(urls=f"json://127.0.0.1:{collector.port}/hook")  # type: ignore[arg-type]
    channels = build_channels(settings)
    outbox = Outbox(database, clock, settings, channels=channels)
    for number in range(20):
        collector.is_down = 5 <= number < 15
        outbox.post(interrupted(f"s{number}", machine=f"m{number}", saved="saved in 0.4 of 5.0 s", when="02:10"))
        deliver_due(outbox, channels)
        clock.advance(timedelta(minutes=3))
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        deliver_due(outbox, channels)

    assert [body["title"] for body in collector.bodies] == ["Interrupted on m0", "19 interruptions"]


def test_a_channel_that_refuses_says_why_without_its_secrets(collector: Collector) -> None:
    collector.is_down = True
    refusing = channel(f"json://user:hunter2hunter2@127.0.0.1:{collector.port}/token-abcdef")

    with pytest.raises(ChannelError, match="503") as caught:
        refusing.send(MESSAGE)

    assert "hunter2" not in str(caught.value)
    assert "token-abcdef" not in str(caught.value)
    assert str(caught.value).startswith("channel 1 (json) refused a message")


def test_a_url_that_apprise_cannot_read_is_a_failing_channel(collector: Collector) -> None:
    with pytest.raises(ChannelError, match=r"channel 1 \(nonsense\): apprise cannot read its URL") as caught:
        channel("nonsense://secret-token").send(MESSAGE)

    assert "secret-token" not in str(caught.value)
    assert collector.bodies == []


def test_a_channel_is_named_without_its_secrets_and_the_same_each_time() -> None:
    url = SecretStr("tgram://123:secret/456")

    assert channel_id(url) == channel_id(SecretStr("tgram://123:secret/456"))
    assert len(channel_id(url)) == 16
    assert channel("tgram://123:secret/456").label == "channel 1 (tgram)"


@pytest.fixture
def telegram(collector: Collector) -> Callable[[Rendered], dict[str, object]]:
    """Sends through apprise's own Telegram plugin, whose API is this test's server; returns what the API was sent."""

    class LoopbackTelegram(NotifyTelegram):  # type: ignore[misc]
        notify_url = f"http://127.0.0.1:{collector.port}/bot"

    def send(message: Rendered) -> dict[str, object]:
        sender = apprise.Apprise()
        sender.add(LoopbackTelegram(bot_token="123456789:abcdefg_hijklmnop", targets=["42"]))
        assert sender.notify(body=message.body, title=message.title, body_format=apprise.NotifyFormat.TEXT)
        return collector.bodies[-1]

    return send


def test_telegram_gets_the_special_characters_escaped(telegram: Callable[[Rendered], dict[str, object]]) -> None:
    sent = telegram(MESSAGE)

    text = str(sent["text"])
    assert sent["parse_mode"] == "HTML"
    assert "1 &lt; 2 &amp; _this_" in text
    assert "A &lt;title&gt;" in text
    assert "second line" in text


def test_telegram_gets_the_longest_message_whole_and_as_one(
    telegram: Callable[[Rendered], dict[str, object]], collector: Collector
) -> None:
    longest = render("t" * 500, ["x" * 99] * 100, Severity.INFO)

    text = str(telegram(longest)["text"])

    assert len(collector.bodies) == 1
    assert text.endswith("… and 62 more lines")


def test_a_monitor_hears_of_complete_and_late_days_alone_and_each_beat_once(
    collector: Collector, database: Database, clock: FixedClock
) -> None:
    settings = NotifySettings(heartbeat_url=SecretStr(f"http://127.0.0.1:{collector.port}/ping/uuid/?key=1"))
    channels = build_channels(settings)
    outbox = Outbox(database, clock, settings, channels=channels)
    day = clock.now().date()
    collector.is_down = True
    for message in (
        trial_message("a"),
        day_late(day, missing=["BTC"], deadline="08:00"),
        day_complete(DayDigest(day=day, num_trained=1, quarantined=("ETH",))),
    ):
        outbox.post(message)

    down = deliver_due(outbox, channels)
    collector.is_down = False
    clock.advance(timedelta(minutes=5))
    up = [deliver_due(outbox, channels).num_delivered for _ in range(2)]

    assert (down.num_delivered, down.num_failed, up) == (0, 1, [2, 0])
    assert collector.paths == ["/ping/uuid/fail?key=1", "/ping/uuid?key=1"]
    assert "1 coins are not ready" in str(collector.bodies[0]["text"])


def test_a_monitor_that_refuses_is_named_without_its_url(collector: Collector) -> None:
    collector.is_down = True
    refusing, unreachable = (
        HeartbeatChannel(SecretStr(f"http://127.0.0.1:{port}/hunter2"), timeout_seconds=2.0)
        for port in (collector.port, 9)
    )

    with pytest.raises(ChannelError, match="status 503") as refused:
        refusing.send(MESSAGE)
    with pytest.raises(ChannelError, match="cannot be reached") as away:
        unreachable.send(MESSAGE)

    assert "hunter2" not in f"{refused.value!r} {away.value!r} {away.value.__cause__!r}"
