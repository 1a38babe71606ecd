"""Telegram's Bot API, as far as a bot that answers one chat needs it: long polling and replies. The token is in no error.

Source: core.telegram.org/bots/api, `getUpdates` and `sendMessage`. Messages that only go out are apprise's (channels.py).
"""

import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final

from pydantic import SecretStr

from coin_models.reporting.notifications.channels import ChannelError

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 50
_ANSWER_SECONDS: Final = 15.0  # beyond the poll itself
_LONGEST_PAUSE_SECONDS: Final = 60.0
_LONGEST_TEXT: Final = 4_000  # Telegram takes 4,096 characters
_REFUSED: Final = (401, 403, 404)


class TelegramRefused(ChannelError):
    """The token is wrong: waiting does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A text that someone wrote to the bot."""

    update_id: int
    chat_id: int
    text: str


class TelegramBot:
    """The API of one bot."""

    def __init__(self, token: SecretStr, api_url: str, *, poll_seconds: int = POLL_SECONDS) -> None:
        self._token, self._api_url, self._poll_seconds = token, api_url.rstrip("/"), poll_seconds

    def updates(self, after: int) -> list[Update]:
        """The texts that follow the update `after`, waiting for one; asking confirms all up to it, so that none comes twice.

        Raises:
            TelegramRefused, ChannelError: there is no answer that can be read.
        """
        content = {"offset": after + 1, "timeout": self._poll_seconds, "allowed_updates": ["message"]}
        return list(_read(self._call("getUpdates", content)))

    def send(self, chat_id: int, text: str) -> None:
        """Sends plain text; raises as `updates`."""
        self._call("sendMessage", {"chat_id": chat_id, "text": text[:_LONGEST_TEXT]})

    def _call(self, method: str, content: dict[str, Any]) -> Any:
        request = urllib.request.Request(  # noqa: S310 -- http(s), by the setting's rule
            f"{self._api_url}/bot{self._token.get_secret_value()}/{method}",
            data=json.dumps(content).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=self._poll_seconds + _ANSWER_SECONDS) as answer:  # noqa: S310
                return json.loads(answer.read())["result"]
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in _REFUSED:
                raise TelegramRefused(
                    f"Telegram refuses the bot (status {error.code}): check notify.telegram_bot_token and telegram_chat_id"
                ) from None
            raise ChannelError(f"Telegram answered {method} with status {error.code}") from None
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            cause = getattr(error, "reason", None) or error
            raise ChannelError(f"Telegram cannot be reached ({type(cause).__name__})") from None


def serve_chat(
    bot: TelegramBot,
    chat_id: int,
    answer: Callable[[str], str],
    *,
    is_over: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Answers the texts of one chat until `is_over`; texts of other chats are ignored, and logged without their content.

    An outage is waited for. A kill between an answer and the next poll repeats the command: each is idempotent.

    Raises:
        TelegramRefused: the token or the chat is wrong.
    """
    newest, num_failures = -1, 0
    while not is_over():
        try:
            for update in bot.updates(newest):
                newest = max(newest, update.update_id)
                if update.chat_id == chat_id:
                    bot.send(chat_id, answer(update.text))
                else:
                    logger.warning("a text of another chat is ignored", extra={"chat_id": update.chat_id})
            num_failures = 0
        except TelegramRefused:
            raise
        except ChannelError as error:
            num_failures += 1
            logger.warning("%s; trying again", error)
            sleep(min(2.0**num_failures, _LONGEST_PAUSE_SECONDS))


def _read(result: Any) -> Iterator[Update]:
    """The updates of an answer; what is no text has an empty one, so that it is confirmed too."""
    for item in result:
        message = item.get("message") or {}
        chat = (message.get("chat") or {}).get("id", 0)
        yield Update(update_id=int(item["update_id"]), chat_id=int(chat), text=str(message.get("text") or ""))
