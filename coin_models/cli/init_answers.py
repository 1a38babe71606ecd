"""The questions of `coin-models init`: each is answered by an option, by the person, or by its default."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coin_models.errors import CoinModelsError, UsageError

Ask = Callable[[str, str], str]
"""Shows a question and its default; returns what was typed, or the default for an empty line."""
Check = Callable[[str], Any]
"""Makes the setting's value of what was typed; a CoinModelsError says what is wrong with it."""

_SOURCES = ("demo", "files", "exchange")
_MARKETS = ("owned", "spot", "on-demand")
_ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the options say; None: not given."""

    source: str | None = None
    files: str | None = None
    exchange: str | None = None
    coins: str | None = None
    quote: str | None = None
    timeframe: str | None = None
    home: str | None = None
    machine: str | None = None
    price: str | None = None
    notify: str | None = None


@dataclass(frozen=True, slots=True)
class _Questions:
    ask: Ask | None  # None: nothing is asked
    tell: Callable[[str], None]

    def answer(self, option: str, question: str, given: str | None, default: str | None, check: Check) -> Any:
        """The value of the option, of what the person types, or of the default; the person is asked until it is one.

        Raises:
            CoinModelsError: the option's value is none, or there is neither an option, nor a person, nor a default.
        """
        if given is not None:
            return check(given)
        if self.ask is None:
            if default is None:
                raise UsageError(f"--yes asks nothing, and {option} has no default: {question}")
            return check(default)
        while True:
            try:
                return check(self.ask(question, default or ""))
            except CoinModelsError as error:
                self.tell(f"error: {error}")


def collect(given: Given, ask: Ask | None, tell: Callable[[str], None] = print) -> dict[str, Any]:
    """The settings, groups as mappings; None where the default holds.

    Raises:
        CoinModelsError: an option's value cannot be used, or one without a default is not given and `ask` is None.
    """
    questions = _Questions(ask, tell)
    implied = "files" if given.files else "exchange" if given.exchange else None
    source = questions.answer(
        "--source",
        "Candles from demo (a made-up market, offline), files or exchange",
        given.source or implied,
        "demo",
        _one_of("--source", _SOURCES),
    )
    market = {"demo": _demo, "files": _files, "exchange": _exchange}[source](given, questions)
    folder = ".coin_models" if source == "demo" else f".coin_models/{market['market'].get('exchange', 'files')}"
    home = questions.answer("--home", "Folder of database, models and checkpoints", given.home, folder, _text("--home"))
    notify = questions.answer(
        "--notify",
        "Messages to (an apprise URL such as tgram://BOTTOKEN/CHATID; empty: none)",
        given.notify,
        "",
        _channel,
    )
    return {"source": source, **market, "home": home, "costs": _costs(given, questions), "notify": {"urls": notify}}


def _demo(given: Given, questions: _Questions) -> dict[str, Any]:
    coins = questions.answer("--coins", "Coins, comma-separated", given.coins, _ALL, _coins)
    return {"universe": coins, "market": {}}


def _files(given: Given, questions: _Questions) -> dict[str, Any]:
    from coin_models.market.files.survey import survey_folder

    folder = questions.answer("--files", "Folder of candle files", given.files, None, _candle_folder)
    listed = survey_folder(Path(folder).expanduser())
    quote, timeframe, coins = (listed.quote, listed.timeframe, listed.coins) if listed else ("USDT", "5m", ())
    questions.tell(f"{folder}: {len(coins)} coins in {quote}, candles of {timeframe}: {_some(coins)}")
    return {
        "universe": questions.answer("--coins", "Coins, comma-separated", given.coins, _ALL, _coins_of(folder, coins)),
        "quote": questions.answer("--quote", "Prices in", given.quote, quote, _quote),
        "timeframe": questions.answer("--timeframe", "Candles of", given.timeframe, timeframe, _timeframe),
        "market": {"files_path": folder},
    }


def _exchange(given: Given, questions: _Questions) -> dict[str, Any]:
    exchange = questions.answer("--exchange", "Exchange, as ccxt calls it", given.exchange, "binance", _exchange_id)
    coins = questions.answer("--coins", "Coins, comma-separated", given.coins, "BTC,ETH,SOL", _coins)
    if coins is None:
        raise UsageError("--coins: an exchange lists thousands; name those to train, such as BTC,ETH,SOL")
    return {
        "universe": coins,
        "quote": questions.answer("--quote", "Prices in", given.quote, "USDT", _quote),
        "timeframe": questions.answer("--timeframe", "Candles of", given.timeframe, "5m", _timeframe),
        "market": {"exchange": exchange},
    }


def _costs(given: Given, questions: _Questions) -> dict[str, Any]:
    machine = questions.answer(
        "--machine", "This machine is owned, spot or on-demand", given.machine, "owned", _one_of("--machine", _MARKETS)
    )
    if machine == "owned":
        return {}
    price = questions.answer("--price", "Its price, US dollars per hour", given.price, None, _price)
    return {"market": machine, "price_usd_per_hour": price}


def _one_of(option: str, names: Sequence[str]) -> Check:
    def check(text: str) -> str:
        if text.strip().lower() not in names:
            raise UsageError(f"{option} {text!r} is none of {', '.join(names)}")
        return text.strip().lower()

    return check


def _text(option: str) -> Check:
    def check(text: str) -> str:
        if not text.strip():
            raise UsageError(f"{option} is empty; name a folder")
        return text.strip()

    return check


def _quote(text: str) -> str:
    if not text.strip().isalnum():
        raise UsageError(f"--quote {text!r} is no asset; name one, such as USDT")
    return text.strip().upper()


def _coins_of(folder: str, listed: Sequence[str]) -> Check:
    """Coins that the folder has; where its files are not understood, any."""

    def check(text: str) -> tuple[str, ...] | None:
        wanted = _coins(text)
        absent = [coin for coin in wanted or () if listed and coin not in listed]
        if absent:
            raise UsageError(f"--coins: {folder} has no file of {', '.join(absent)}; it has {_some(listed)}")
        return wanted

    return check


def _coins(text: str) -> tuple[str, ...] | None:
    if text.strip().lower() in ("", _ALL):
        return None
    coins = tuple(part.strip().upper() for part in text.split(",") if part.strip())
    odd = [coin for coin in coins if not (coin.isascii() and coin.isalnum())]
    if odd:
        raise UsageError(f"--coins: {odd[0]!r} is no coin; write the coin alone, such as BTC")
    return coins


def _channel(text: str) -> list[str] | None:
    if not text.strip():
        return None
    from coin_models.settings.costs import NotifySettings

    try:
        NotifySettings.model_validate({"urls": [text.strip()]})
    except ValueError as error:
        raise UsageError(
            "--notify is not an apprise URL such as tgram://BOTTOKEN/CHATID (docs/operations.md)"
        ) from error
    return [text.strip()]


def _timeframe(text: str) -> str:
    from coin_models.settings.timeframes import SECONDS

    return str(_one_of("--timeframe", tuple(SECONDS))(text))


def _price(text: str) -> float:
    try:
        price = float(text)
    except ValueError:
        price = 0.0
    if not 0 < price < float("inf"):
        raise UsageError(f"--price {text!r} is no price; give US dollars per hour, such as 0.34")
    return price


def _exchange_id(text: str) -> str:
    import ccxt

    from coin_models.settings.origins import meant

    unknown = [name for name in text.lower().split(",") if name.strip() not in ccxt.exchanges]
    if unknown:
        raise UsageError(f"--exchange: ccxt has no exchange {unknown[0].strip()!r}{meant(unknown[0], ccxt.exchanges)}")
    return text.lower().replace(" ", "")


def _candle_folder(text: str) -> str:
    from coin_models.market.files.listing import coin_files
    from coin_models.market.files.survey import survey_folder
    from coin_models.market.timeframe import parse_timeframe

    if not text.strip():
        raise UsageError("--files is empty; name the folder of candle files")
    folder = Path(text.strip()).expanduser()
    if survey_folder(folder) is None:
        coin_files(folder, "USDT", parse_timeframe("5m"))  # says what lies there, and what to rename
    return text.strip()


def _some(coins: Sequence[str], limit: int = 8) -> str:
    return ", ".join(coins[:limit]) + (f" and {len(coins) - limit} more" if len(coins) > limit else "")
