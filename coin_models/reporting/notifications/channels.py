"""Channels: send one message to an apprise URL or to a monitor, and say why it failed without showing the URL."""

import hashlib
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Protocol
from urllib.parse import urlsplit

import apprise
from pydantic import SecretStr

from coin_models.errors import CoinModelsError
from coin_models.redaction import Redactor
from coin_models.reporting.notifications.messages import Message, MessageKind, Severity
from coin_models.reporting.notifications.rendering import Rendered
from coin_models.settings.costs import NotifySettings
from coin_models.settings.secret_values import secret_parts

_LONGEST_REASON = 500


class ChannelError(CoinModelsError):
    """A channel did not take a message; it may later."""

    transient = True


class Channel(Protocol):
    """Somewhere to send messages."""

    channel_id: str
    label: str

    def takes(self, message: Message) -> bool:
        """Whether the message is for this channel."""
        ...

    def send(self, message: Rendered) -> None:
        """Sends, or raises `ChannelError`."""
        ...


def channel_id(url: SecretStr) -> str:
    """Names a channel in the database without its secrets: a digest of its URL."""
    return hashlib.sha256(url.get_secret_value().encode()).hexdigest()[:16]


def build_channels(settings: NotifySettings) -> list[Channel]:
    """A channel per URL of the settings, and the heartbeat's."""
    seconds = settings.timeout_seconds
    channels: list[Channel] = [
        AppriseChannel(url, number=number, timeout_seconds=seconds) for number, url in enumerate(settings.urls, start=1)
    ]
    if settings.heartbeat_url is not None:
        channels.append(HeartbeatChannel(settings.heartbeat_url, timeout_seconds=seconds))
    return channels


class AppriseChannel:
    """One apprise URL."""

    def __init__(self, url: SecretStr, *, number: int, timeout_seconds: float) -> None:
        self.channel_id = channel_id(url)
        scheme = url.get_secret_value().partition("://")[0]
        self.label = f"channel {number} ({scheme})"
        self._url = url
        self._redact = Redactor(secret_parts(url.get_secret_value()))  # also where the settings are not the process's
        self._timeout_seconds = timeout_seconds

    def takes(self, message: Message) -> bool:
        """Every message."""
        return True

    def send(self, message: Rendered) -> None:
        """Sends as plain text, which apprise escapes for the channel.

        Raises:
            ChannelError: apprise cannot read the URL, or the channel did not take the message.
        """
        sender = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False, app_id="coin_models"))
        with self._masked_log(), apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
            is_read = sender.add(self._with_timeouts())
            sent = is_read and sender.notify(
                body=message.body,
                title=message.title,
                notify_type=apprise.NotifyType(message.severity.value),
                body_format=apprise.NotifyFormat.TEXT,
            )
            log_text = log.getvalue()
        if not is_read:
            raise ChannelError(
                f"{self.label}: apprise cannot read its URL in notify.urls; see appriseit.com for its form"
            )
        if not sent:
            raise ChannelError(f"{self.label} refused a message: {self._without_secrets(log_text)}")

    @contextmanager
    def _masked_log(self) -> Iterator[None]:
        """Within it, no handler sees what apprise logs of a URL unmasked."""

        def mask(record: logging.LogRecord) -> bool:
            record.msg, record.args, record.exc_info = self._without_secrets(record.getMessage()), (), None
            return True

        logger = logging.getLogger("apprise")
        logger.addFilter(mask)
        try:
            yield
        finally:
            logger.removeFilter(mask)

    def _with_timeouts(self) -> str:
        url = self._url.get_secret_value()
        return f"{url}{'&' if '?' in url else '?'}cto={self._timeout_seconds}&rto={self._timeout_seconds}"

    def _without_secrets(self, text: str) -> str:
        return " ".join(self._redact(text).split())[:_LONGEST_REASON] or "no reason given"


class HeartbeatChannel:
    """A dead man's switch: a monitor that raises the alarm when it hears nothing, whatever died here.

    A complete day requests the URL, a late one `/fail` below it: the convention of healthchecks.io. `/start` is not sent: a
    monitor would wait for an end after each run, and most runs complete no day.
    """

    label = "heartbeat"

    def __init__(self, url: SecretStr, *, timeout_seconds: float) -> None:
        self.channel_id = channel_id(url)
        self._url, self._timeout_seconds = url, timeout_seconds

    def takes(self, message: Message) -> bool:
        """Whether the message says how a day ended."""
        return message.kind in (MessageKind.DAY_COMPLETE, MessageKind.DAY_LATE)

    def send(self, message: Rendered) -> None:
        """Requests the URL, or `/fail` below it, with the message as the body.

        Raises:
            ChannelError: the monitor did not answer with 2xx. The URL, which is a secret, is not quoted.
        """
        body = f"{message.title}\n{message.body}".encode()
        request = urllib.request.Request(self._target(message.severity), data=body, method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_seconds):  # noqa: S310 -- http(s), by its rule
                return
        except urllib.error.HTTPError as error:
            error.close()  # it is the answer, and holds the connection
            raise ChannelError(f"{self.label}: the monitor answered with status {error.code}") from None
        except (OSError, HTTPException) as error:
            cause = getattr(error, "reason", None) or error
            raise ChannelError(f"{self.label}: the monitor cannot be reached ({type(cause).__name__})") from None

    def _target(self, severity: Severity) -> str:
        parts = urlsplit(self._url.get_secret_value())
        below = "/fail" if severity is Severity.FAILURE else ""
        return parts._replace(path=parts.path.rstrip("/") + below).geturl()


class RecordingChannel:
    """Keeps what it is sent, or fails while it is down; the double that ships beside the real one."""

    def __init__(self, channel_id: str = "recording", *, is_down: bool = False) -> None:
        self.channel_id = channel_id
        self.label = channel_id
        self.is_down = is_down
        self.sent: list[Rendered] = []

    def takes(self, message: Message) -> bool:
        """Every message."""
        return True

    def send(self, message: Rendered) -> None:
        """Keeps the message."""
        if self.is_down:
            raise ChannelError(f"{self.label} is unavailable")
        self.sent.append(message)
