"""Past the outbox a message is sent once a day and cause, and again where that cannot be remembered."""

from datetime import date, timedelta
from pathlib import Path

from coin_models.reporting.notifications import messages
from coin_models.reporting.notifications.channels import RecordingChannel
from coin_models.reporting.notifications.without_database import send_once

DAY = date(2026, 3, 10)
MESSAGE = messages.unavailable(DAY, reason="no answer from 10.0.0.1", cause="no answer", coins=())


def test_the_same_message_is_sent_once_to_each_channel_and_home(tmp_path: Path) -> None:
    channels = [RecordingChannel("a"), RecordingChannel("b")]
    tomorrow = messages.unavailable(DAY + timedelta(days=1), reason="no answer", cause="no answer", coins=())

    sent = [
        send_once(message, channels, home=tmp_path / home, folder=tmp_path / "notes")
        for message, home in ((MESSAGE, "x"), (MESSAGE, "x"), (MESSAGE, "y"), (tomorrow, "x"))
    ]

    assert sent == [2, 0, 2, 2]
    assert "no answer from 10.0.0.1" in channels[0].sent[0].body
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "notes").iterdir()} == {0o600}


def test_a_channel_that_refused_it_gets_it_the_next_time(tmp_path: Path) -> None:
    channel = RecordingChannel(is_down=True)

    first = send_once(MESSAGE, [channel], home=tmp_path, folder=tmp_path / "notes")
    channel.is_down = False
    second = send_once(MESSAGE, [channel], home=tmp_path, folder=tmp_path / "notes")

    assert (first, second, len(channel.sent)) == (0, 1, 1)


def test_notes_that_cannot_be_written_send_it_again(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    channel = RecordingChannel()

    for _ in range(2):
        send_once(MESSAGE, [channel], home=tmp_path, folder=tmp_path / "file" / "notes")

    assert len(channel.sent) == 2
