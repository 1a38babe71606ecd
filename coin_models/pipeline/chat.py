"""What the bot of a chat answers: `/status` and `/unquarantine COIN DAY`, one short text each."""

from collections import Counter
from typing import Final

from coin_models.errors import CoinModelsError, UsageError
from coin_models.market.universe import resolve_universe
from coin_models.operations.quarantine import describe_reset, select_quarantined, unquarantine
from coin_models.pipeline.coin_days import State
from coin_models.pipeline.services import open_services
from coin_models.pipeline.status import read_status
from coin_models.redaction import redacted
from coin_models.settings.root import Settings

HELP: Final = (
    "/status: the newest day\n/unquarantine COIN DAY: reset its failed attempts, such as /unquarantine BTC 2026-03-10"
)
_LINES: Final = 15


def answer_text(settings: Settings, text: str) -> str:
    """The answer to a text of the chat; an error is its sentence, without secrets."""
    command, *words = text.split() or [""]
    try:
        match command.partition("@")[0].lower():  # in a group: /status@name_of_the_bot
            case "/status":
                return redacted(_status(settings))
            case "/unquarantine":
                return redacted(_unquarantine(settings, words))
            case _:
                return HELP
    except CoinModelsError as error:
        return redacted(f"error: {error}")


def _status(settings: Settings) -> str:
    with open_services(settings, create=False) as services:
        status = read_status(services, last=1)
    (day,) = status.days
    states = {coin: status.coin_days.of_coin(coin)[0] for coin in status.coins}
    counts = Counter(status_of_coin.state.value for status_of_coin in states.values())
    counted = ", ".join(f"{number} {state}" for state, number in counts.most_common())
    others = [
        f"{coin}: {status_of_coin.state.value}: {status_of_coin.reason}"
        for coin, status_of_coin in states.items()
        if status_of_coin.state is not State.DONE
    ]
    more = [f"and {len(others) - _LINES} more"] if len(others) > _LINES else []
    return "\n".join([f"{day}: {counted}", *others[:_LINES], *more])


def _unquarantine(settings: Settings, words: list[str]) -> str:
    if len(words) != 2:
        raise UsageError("give a coin and a day, such as /unquarantine BTC 2026-03-10")
    selection = select_quarantined(words[:1], resolve_universe(settings), day=words[1])
    with open_services(settings, create=False) as services:
        return describe_reset(unquarantine(services.database, selection))
