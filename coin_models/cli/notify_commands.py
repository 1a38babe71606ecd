"""`notify test | status | bot`: sends a test message, shows the delivery status, answers a chat."""

import uuid
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from coin_models.cli import options
from coin_models.cli.console import out, print_json
from coin_models.cli.wide_tables import print_table
from coin_models.errors import UsageError
from coin_models.exit_codes import ExitCode

if TYPE_CHECKING:
    from coin_models.pipeline.services import Services
    from coin_models.reporting.notifications.channels import Channel
    from coin_models.reporting.notifications.health import ChannelHealth

app = typer.Typer(
    help="Notifications: send a test message, show the delivery status, answer a chat.", no_args_is_help=True
)


@app.command("test")
def test() -> int:
    """Deliver pending messages and a test message to every channel. The exit code is 1 if one fails."""
    from coin_models.reporting.notifications.delivery import deliver_due
    from coin_models.reporting.notifications.messages import trial_message
    from coin_models.reporting.notifications.outbox import Outbox

    services, channels = _channels()
    message = trial_message(uuid.uuid4().hex)
    channels = [channel for channel in channels if channel.takes(message)]
    outbox = Outbox(services.database, services.clock, services.settings.notify, channels=channels)
    outbox.post(message)
    report = deliver_due(outbox, channels)
    for problem in report.problems:
        out.print(f"[red]{escape(problem)}[/]", soft_wrap=True)
    out.print(f"{report.num_delivered} message(s) delivered to {len(channels) - report.num_failed} channel(s)")
    return ExitCode.COULD_NOT_WORK if report.problems else ExitCode.DONE


@app.command("status")
def status(as_json: options.AsJson = False) -> int:
    """Show each channel's last, pending and failed messages. The exit code is 1 if a channel does not work."""
    from coin_models.reporting.notifications.health import channel_health

    services, channels = _channels()
    states = channel_health(services.database, channels)
    if as_json:
        print_json([health.to_json() for health in states])
    else:
        print_table(out, _table(states))
    return ExitCode.COULD_NOT_WORK if any(health.is_dead for health in states) else ExitCode.DONE


@app.command("bot")
def bot() -> int:
    """Answer /status and /unquarantine COIN DAY in the configured Telegram chat, and in no other, until it is stopped."""
    from coin_models.pipeline.chat import answer_text
    from coin_models.reporting.notifications.telegram import TelegramBot, serve_chat
    from coin_models.settings.load import load_settings

    settings = load_settings()
    token, chat_id = settings.notify.telegram_bot_token, settings.notify.telegram_chat_id
    if token is None or chat_id is None:
        raise UsageError(
            "no bot is configured; set COIN_MODELS_NOTIFY_TELEGRAM_BOT_TOKEN and COIN_MODELS_NOTIFY_TELEGRAM_CHAT_ID"
        )
    serve_chat(TelegramBot(token, settings.notify.telegram_api_url), chat_id, lambda text: answer_text(settings, text))
    return ExitCode.DONE


def _channels() -> "tuple[Services, list[Channel]]":
    from coin_models.pipeline.services import open_services
    from coin_models.reporting.notifications.channels import build_channels
    from coin_models.settings.load import load_settings

    settings = load_settings()
    if not settings.notify.has_channel:
        raise UsageError(
            "no channel is configured; set COIN_MODELS_NOTIFY_URLS to apprise URLs, such as tgram://BOTTOKEN/CHATID"
        )
    return open_services(settings, create=False), build_channels(settings.notify)


def _table(states: "list[ChannelHealth]") -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("channel", "state", "last message (UTC)", "pending", "failed", "last error"):
        table.add_column(name, justify="right" if name in ("pending", "failed") else "left")
    for health in states:
        last = health.last_delivered_at
        table.add_row(
            health.label,
            "[red]not working[/]" if health.is_dead else "[green]well[/]",
            f"{last:%Y-%m-%d %H:%M:%S}" if last else "none yet",
            str(health.num_waiting),
            str(health.num_given_up),
            escape(health.last_error or ""),
        )
    return table
