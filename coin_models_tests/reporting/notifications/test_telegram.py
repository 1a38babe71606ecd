"""The bot answers its one chat, each text once, through outages; a wrong token ends it without being shown."""

import logging
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from coin_models.reporting.notifications.channels import ChannelError
from coin_models.reporting.notifications.telegram import TelegramBot, TelegramRefused, serve_chat
from coin_models_tests.reporting.notifications.telegram_server import CHAT, TOKEN, TelegramServer, telegram


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with telegram() as running:
        yield running


def bot_of(server: TelegramServer, token: str = TOKEN) -> TelegramBot:
    return TelegramBot(SecretStr(token), server.url, poll_seconds=0)


def rounds(number: int) -> Callable[[], bool]:
    left = iter([False] * number)
    return lambda: next(left, True)


def test_a_text_of_the_chat_is_answered_once(server: TelegramServer) -> None:
    server.write("/status")
    server.write("hello")

    serve_chat(bot_of(server), CHAT, lambda text: f"answer to {text}", is_over=rounds(3))

    assert server.sent == [
        {"chat_id": CHAT, "text": "answer to /status"},
        {"chat_id": CHAT, "text": "answer to hello"},
    ]
    assert server.updates == []  # confirmed


def test_another_chat_is_ignored_and_its_text_is_in_no_log(
    server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.write("/unquarantine BTC 2026-03-10", chat=666)
    asked: list[str] = []

    with caplog.at_level(logging.WARNING):
        serve_chat(bot_of(server), CHAT, lambda text: asked.append(text) or "", is_over=rounds(2))

    assert (asked, server.sent, server.updates) == ([], [], [])
    assert "a text of another chat is ignored" in caplog.text
    assert "unquarantine" not in caplog.text


def test_what_is_no_text_is_confirmed_too(server: TelegramServer) -> None:
    server.updates = [{"update_id": 7, "message": {"chat": {"id": CHAT}, "photo": []}}, {"update_id": 8}]

    serve_chat(bot_of(server), CHAT, lambda text: f"[{text}]", is_over=rounds(2))

    assert ([sent["text"] for sent in server.sent], server.updates) == (["[]"], [])


def test_an_outage_is_waited_for_with_longer_pauses(server: TelegramServer) -> None:
    server.write("/status")
    server.num_failures = 3
    pauses: list[float] = []

    serve_chat(bot_of(server), CHAT, str.upper, is_over=rounds(5), sleep=pauses.append)

    assert pauses == [2.0, 4.0, 8.0]
    assert [sent["text"] for sent in server.sent] == ["/STATUS"]


def test_a_wrong_token_ends_it_and_no_error_shows_a_token(server: TelegramServer) -> None:
    with pytest.raises(TelegramRefused, match="status 401") as refused:
        serve_chat(bot_of(server, "999:other-secret"), CHAT, str, sleep=lambda _: None)
    server.close()
    with pytest.raises(ChannelError, match="cannot be reached") as unreachable:
        bot_of(server).updates(0)

    for error in (refused.value, unreachable.value):
        assert "secret" not in f"{error!r} {error.__cause__!r}"


def test_a_long_answer_is_cut_to_what_telegram_takes(server: TelegramServer) -> None:
    bot_of(server).send(CHAT, "x" * 5_000)

    assert len(server.sent[0]["text"]) == 4_000
