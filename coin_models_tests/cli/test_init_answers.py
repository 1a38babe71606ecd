"""The questions of `init`: an option, the person or the default answers each; what is wrong is said and asked again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from coin_models.cli.init_answers import Given, collect
from coin_models.errors import CoinModelsError


class Person:
    """Types the answers in order, then takes every default."""

    def __init__(self, *answers: str) -> None:
        self._answers: Iterator[str] = iter(answers)
        self.asked: list[str] = []
        self.shown: list[str] = []

    def ask(self, question: str, default: str) -> str:
        self.asked.append(question)
        return next(self._answers, "") or default


def candle_folder(folder: Path, *names: str) -> Path:
    for name in names or ("BTC_EUR-1h.feather", "ETH_EUR-1h.feather"):
        (folder / name).touch()
    return folder


def test_nothing_but_defaults_is_the_demo_market() -> None:
    values = collect(Given(), None)

    assert values == {
        "source": "demo",
        "universe": None,
        "market": {},
        "home": ".coin_models",
        "costs": {},
        "notify": {"urls": None},
    }


def test_a_folder_of_files_proposes_quote_and_timeframe(tmp_path: Path) -> None:
    values = collect(Given(files=str(candle_folder(tmp_path))), None, lambda _text: None)

    assert (values["source"], values["quote"], values["timeframe"]) == ("files", "EUR", "1h")
    assert values["market"] == {"files_path": str(tmp_path)}
    assert values["home"] == ".coin_models/files"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"coins": "BTC,DOGEX"}, "has no file of DOGEX; it has BTC, ETH"),
        ({"quote": "BTC,ETH"}, "--quote 'BTC,ETH' is no asset"),
    ],
)
def test_coins_that_the_folder_lacks_and_odd_quotes_are_refused(
    given: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    folder = candle_folder(tmp_path)

    with pytest.raises(CoinModelsError, match=re.escape(sentence)):
        collect(Given(files=str(folder), **given), None, lambda _text: None)


def test_an_exchange_implies_its_source_and_a_home_of_its_own() -> None:
    values = collect(Given(exchange="kraken", coins="btc, eth", quote="usd"), None)

    assert (values["source"], values["universe"], values["quote"]) == ("exchange", ("BTC", "ETH"), "USD")
    assert (values["market"], values["home"]) == ({"exchange": "kraken"}, ".coin_models/kraken")


def test_a_rented_machine_has_a_price() -> None:
    values = collect(Given(machine="spot", price="0.2"), None)

    assert values["costs"] == {"market": "spot", "price_usd_per_hour": 0.2}


def test_a_wrong_answer_is_explained_and_asked_again(tmp_path: Path) -> None:
    person = Person("bank", "files", "/nowhere/at/all", str(candle_folder(tmp_path)))

    values = collect(Given(), person.ask, person.shown.append)

    assert values["market"] == {"files_path": str(tmp_path)}
    assert person.asked[:2] == ["Candles from demo (a made-up market, offline), files or exchange"] * 2
    assert person.shown[0] == "error: --source 'bank' is none of demo, files, exchange"
    assert "cannot be read" in person.shown[1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Given(source="bank"), "--source 'bank' is none of demo, files, exchange"),
        (Given(source="files"), "--yes asks nothing, and --files has no default"),
        (Given(exchange="binanse"), "ccxt has no exchange 'binanse'"),
        (Given(exchange="binance", coins="all"), "an exchange lists thousands"),
        (Given(coins="BTC/USDT"), "'BTC/USDT' is no coin"),
        (Given(machine="spot"), "--yes asks nothing, and --price has no default"),
        (Given(machine="spot", price="cheap"), "--price 'cheap' is no price"),
        (Given(machine="spot", price="-1"), "--price '-1' is no price"),
        (Given(notify="my channel"), "--notify is not an apprise URL"),
        (Given(home=" "), "--home is empty"),
        (Given(exchange="kraken", timeframe="7m"), "--timeframe '7m' is none of 1m, 5m, 15m, 30m, 1h, 4h"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(given: Given, message: str) -> None:
    with pytest.raises(CoinModelsError, match=message.replace("(", r"\(")):
        collect(given, None)


def test_a_folder_without_candles_says_what_it_holds(tmp_path: Path) -> None:
    candle_folder(tmp_path, "notes.txt")

    with pytest.raises(CoinModelsError, match=r"notes\.txt"):
        collect(Given(files=str(tmp_path)), None)
