"""An exchange source against the loopback server, and the rows that the server answers with."""

from coin_models.market.sources.exchange import ExchangeSource
from coin_models.market.timeframe import day_start_ms
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import DAY, HOUR, clock_after
from coin_models_tests.market.exchange_server import (
    ExchangeServer,
    Reply,
    Route,
    binance_row,
)

KLINES, INFO = "/api/v3/klines", "/api/v3/exchangeInfo"
START = day_start_ms(DAY)
HOUR_MS = 3_600_000


class Slept(list[float]):
    """A sleep that does not wait and remembers for how long it should have."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def binance_source(
    server: ExchangeServer,
    *,
    exchange: str = "binance",
    attempts: int = 4,
    hours: float = 26,
    slept: Slept | None = None,
) -> ExchangeSource:
    market = MarketSettings(exchange=exchange, exchange_base_url=server.url, exchange_attempts=attempts)
    return ExchangeSource(
        market,
        ("BTC",),
        "USDT",
        HOUR,
        clock_after(DAY, hours=hours),
        sleep=Slept() if slept is None else slept,
        limit=Slept(),
    )


def hourly_rows(first: int, stop: int) -> list[list[object]]:
    return [binance_row(START + k * HOUR_MS) for k in range(first, stop)]


def failing(times: int, failure: Reply, then: Route) -> Route:
    left = [failure] * times
    return lambda query: left.pop() if left else then(query)
